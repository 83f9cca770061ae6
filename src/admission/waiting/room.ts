// The waiting room in the line: a door outside of the cache, which takes our cookies out of the request and sets them on the
// answer, and a gate between cache and origin, which lets in who has a session. So what is stored never carries a cookie of
// ours, and hits pass the room by; with `gate: all` the door itself lets nobody on.

import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import { RoomWord } from '../../board/rooms.ts'
import { SERVE_STALE } from '../../exchange.ts'
import type { Answer, Exchange, Next, Room, Visit } from '../../exchange.ts'
import { becauseOf } from '../../http/cachestatus.ts'
import { first, without } from '../../http/fields.ts'
import type { ReasonCode } from '../../reasons.ts'
import { isPartOfPage, problemAnswer, wantsPage } from './answers.ts'
import type { Bypass } from './bypass.ts'
import { timeIn } from './edge-rooms.ts'
import type { EdgeRoom, EdgeRooms } from './edge-rooms.ts'
import type { Entries } from './entries.ts'
import { formOf } from './form.ts'
import { judge } from './judge.ts'
import type { Verdict } from './judge.ts'
import { pageAnswer } from './page.ts'
import type { PageFacts } from './page.ts'
import { placeAt, placeAtBack, placeAtFront, withFirstPoll } from './place.ts'
import type { Place } from './place.ts'
import { POLL_PATH } from './poll.ts'
import type { Renewals } from './renewals.ts'
import { cookie, kinds, takeCookies, takeQuery } from './visit.ts'
import { wordsFor } from './words.ts'

export interface WaitingDeps {
  rooms: EdgeRooms
  entries: Entries
  bypass: Bypass
  renewals: Renewals
  clock: Clock
  random: Random
}

/** An origin ends a session with this field in its answer: `Breakwater-Session: end`. */
const SESSION_FIELD = 'breakwater-session'

/** Before the cache. */
export function createDoorRoom(deps: WaitingDeps): Room {
  return (exchange, next) => (exchange.site.waitingRoom.length === 0 ? next(exchange) : passDoor(deps, exchange, next))
}

/** Between cache and origin. */
export function createGateRoom(deps: WaitingDeps): Room {
  return (exchange, next) => {
    const { visit } = exchange
    if (visit === undefined || exchange.intent === 'refresh') return next(exchange)
    return passGate(deps, exchange, next, visit)
  }
}

async function passDoor(deps: WaitingDeps, exchange: Exchange, next: Next): Promise<Answer> {
  const { fields: own } = exchange
  const { fields, cookies } = takeCookies(own)
  const { target, query } = takeQuery(exchange.target)
  exchange.fields = fields
  exchange.target = target
  const settings = exchange.settings.waitingRoom
  if (settings === null) return next(exchange)
  const room = deps.rooms.find(exchange.site.name, settings.name)
  const visit: Visit = {
    brought: { ...query, ...cookies.get(settings.name) },
    ...{ admitted: undefined, isDoubtful: false, cookies: [] },
    hasQueue: room !== undefined && room.row.get(RoomWord.next) > room.row.get(RoomWord.serving),
  }
  exchange.visit = visit
  const refused = settings.gate === 'all' ? await judgeVisit(deps, exchange, visit) : undefined
  const answer = refused ?? (await next(exchange))
  if (visit.admitted === undefined && visit.brought['bw-session'] !== undefined)
    deps.renewals.seen(exchange.site.name, { fields: own })
  return withCookies(answer, visit.cookies)
}

async function passGate(deps: WaitingDeps, exchange: Exchange, next: Next, visit: Visit): Promise<Answer> {
  if (visit.admitted === undefined) {
    // A stale response at hand is better than a page that says to wait.
    if (exchange.stale !== undefined && !hasSession(visit)) {
      exchange.reason = 'shed'
      return SERVE_STALE
    }
    const refused = await judgeVisit(deps, exchange, visit)
    if (refused !== undefined) return refused
  }
  const answer = await next(exchange)
  return answer.origin === undefined ? answer : obeyOrigin(deps, exchange, visit, answer)
}

const hasSession = ({ brought }: Visit): boolean =>
  brought['bw-session'] !== undefined || brought['bw-pass'] !== undefined

/** Lets the visitor on (undefined), or answers. */
async function judgeVisit(deps: WaitingDeps, exchange: Exchange, visit: Visit): Promise<Answer | undefined> {
  const settings = exchange.settings.waitingRoom!
  const room = deps.rooms.find(exchange.site.name, settings.name)
  if (room === undefined) return waitAnswer(deps, exchange, undefined, { type: 'outside', reason: 'core-away' })
  const verdict = await judge(deps, {
    room,
    brought: visit.brought,
    client: exchange.client,
    fields: exchange.fields,
    mayQueue: !isPartOfPage(exchange.fields),
    isDoubtful: visit.isDoubtful,
    cookies: visit.cookies,
  })
  if (verdict.type !== 'in') return waitAnswer(deps, exchange, room, verdict)
  visit.admitted = verdict.number
  return undefined
}

async function waitAnswer(
  deps: WaitingDeps,
  exchange: Exchange,
  room: EdgeRoom | undefined,
  verdict: Exclude<Verdict, { type: 'in' }>,
): Promise<Answer> {
  const reason = verdict.type === 'outside' ? verdict.reason : 'waiting'
  exchange.outcome = 'waitingRoom'
  exchange.reason = reason
  const { settings, fields, target } = exchange
  const status = settings.waitingRoom!.soft ? 200 : 503
  const given = room === undefined ? NOWHERE : placeOf(deps, room, verdict)
  const isNew = verdict.type === 'waits' && verdict.isLast !== true && exchange.visit!.cookies.length > 0
  const place = isNew ? withFirstPoll(given, deps.random) : given
  const token = verdict.type === 'waits' ? verdict.token : undefined
  const poll = token === undefined || room === undefined ? undefined : `${POLL_PATH}${room.name.room}`
  if (!wantsPage(fields)) {
    const more = {
      ...(token && { ticket: token }),
      ...(poll && { poll }),
      ...(noteOf(verdict) && { note: noteOf(verdict) }),
    }
    return withoutBody(exchange, told(verdict, place, reason, problemAnswer(reason, status, place, more)))
  }
  const facts: PageFacts = {
    ...{ settings: settings.waitingRoom!, status, place, target, poll, token },
    ...wordsFor(settings.waitingRoom!, fields),
    commitment: room?.lottery?.commitment,
    notice: noticeOf(reason, noteOf(verdict)),
    form: await formOf(exchange),
  }
  return withoutBody(exchange, told(verdict, place, reason, pageAnswer(facts)))
}

/** Says why, and that it is a place in the queue and no error: for rehearsals, and for what stands in front. */
function told(verdict: Exclude<Verdict, { type: 'in' }>, { state }: Place, reason: ReasonCode, answer: Answer): Answer {
  const hasPlace = verdict.type === 'waits' || verdict.reason === 'not-open-yet'
  const place = hasPlace ? ['Breakwater-Waiting', state] : []
  return { ...answer, fields: [...answer.fields, ...becauseOf(reason), ...place] }
}

/** While core has not told where the queue stands. */
const NOWHERE: Place = { state: 'waiting', ahead: 0, estimate: null, opensIn: 0, next: 2 }

function placeOf({ clock, random }: WaitingDeps, room: EdgeRoom, verdict: Exclude<Verdict, { type: 'in' }>): Place {
  const { row } = room
  const now = timeIn(room, clock)
  if (verdict.type === 'outside') {
    const place = placeAt(row, undefined, now, random)
    // A door that is shut for being full opens when the queue moves: no hurry.
    return verdict.reason === 'waiting-room-full' ? { ...place, next: 20 + 10 * random.next() } : place
  }
  if (verdict.ahead !== undefined) return placeAtFront(verdict.ahead, random)
  const place = placeAt(row, row.positionOf(verdict.number), now, random)
  // Before it opens, and in the draw, all are alike.
  const isOpen = place.state === 'waiting' || place.state === 'called'
  return verdict.isLast === true && isOpen ? placeAtBack(row, random) : place
}

const noteOf = (verdict: Exclude<Verdict, { type: 'in' }>): ReasonCode | undefined =>
  verdict.type === 'waits' ? verdict.note : undefined

function noticeOf(reason: ReasonCode, note: ReasonCode | undefined): PageFacts['notice'] {
  if (reason === 'waiting-room-full') return 'full'
  if (reason === 'invitation-needed' || reason === 'invitation-unknown' || reason === 'invitation-used') return reason
  return note === 'ticket-expired' || note === 'ticket-used' ? 'ticket' : undefined
}

const withoutBody = ({ method }: Exchange, answer: Answer): Answer =>
  method === 'HEAD' ? { ...answer, body: null } : answer

/** What the origin says of the session; its word is for us and goes no further. */
function obeyOrigin(deps: WaitingDeps, exchange: Exchange, visit: Visit, answer: Answer): Answer {
  const word = first(answer.fields, SESSION_FIELD)
  if (word === undefined) return answer
  const { settings, site, client } = exchange
  const room = deps.rooms.find(site.name, settings.waitingRoom!.name)
  if (word.trim().toLowerCase() === 'end' && room !== undefined && visit.admitted !== undefined) {
    if (visit.admitted >= 0) deps.entries.end(room.index, visit.admitted)
    visit.cookies.length = 0
    for (const kind of [kinds.SESSION, kinds.TICKET])
      visit.cookies.push(cookie(kind, room.name.room, '', 0, client.scheme === 'https'))
  }
  return { ...answer, fields: without(answer.fields, name => name === SESSION_FIELD) }
}

/** Whatever the answer says of caches: with a cookie of ours it is for one visitor (RFC 9111 section 5.2.2.7). */
function withCookies(answer: Answer, cookies: readonly string[]): Answer {
  const own = cookies.flatMap(each => ['Set-Cookie', each])
  if (own.length === 0) return answer
  return { ...answer, fields: [...answer.fields, 'Cache-Control', 'private', ...own] }
}
