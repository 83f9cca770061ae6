// Whether a visitor is in, comes in now, or waits: the way from what they bring along to a session. Cookies to be set on the
// way back are gathered here and set by the outer room alone, past the cache, so that none is ever stored.
//
//   pass, crawler, network ─▶ in          session, good ─▶ in            ticket, called ─▶ core ─▶ in, or on
//   nothing ─▶ a number ─▶ called? ─▶ core                               ticket, not called ─▶ waits

import type { Clock } from '../../base/clock.ts'
import { Mark, RoomWord } from '../../board/rooms.ts'
import type { Client } from '../../exchange.ts'
import type { Fields } from '../../http/fields.ts'
import type { ReasonCode } from '../../reasons.ts'
import { TICKET_LIFE } from '../../waiting/tickets.ts'
import type { Ticket } from '../../waiting/tickets.ts'
import type { Bypass } from './bypass.ts'
import { markPresent, takeNumber } from './edge-rooms.ts'
import type { EdgeRoom } from './edge-rooms.ts'
import type { Entries } from './entries.ts'
import { cookie, kinds } from './visit.ts'
import type { Brought } from './visit.ts'

/** What became of a visitor. */
export type Verdict =
  /** `number` of the session; -1 for who goes by the room. */
  | { type: 'in'; number: number }
  /** `ahead` is core's word of who stands in front of a called visitor, where it gave one. */
  | { type: 'waits'; number: number; token: string; ahead: number | undefined; note: ReasonCode | undefined }
  /** No number is given out to them now. */
  | { type: 'outside'; reason: ReasonCode }

export interface JudgeDeps {
  clock: Clock
  entries: Entries
  bypass: Bypass
}

export interface Visitor {
  readonly room: EdgeRoom
  readonly brought: Brought
  readonly client: Client
  readonly fields: Fields
  /** May be given a number: no part of a page such as an image. */
  readonly mayQueue: boolean
  /** Set-Cookie values for the way back. */
  readonly cookies: string[]
}

/** A session with less than this share of its idle time left is renewed: one cookie in several requests. */
const RENEW_AT = 0.75

export async function judge(deps: JudgeDeps, visitor: Visitor): Promise<Verdict> {
  const { room, brought, client, fields } = visitor
  const pass = brought['bw-pass']
  if (pass !== undefined && hasPass(deps, visitor, pass)) return { type: 'in', number: -1 }
  const session = await fromSession(deps, visitor)
  if (session !== undefined) return session
  if (await deps.bypass.goesBy(room.settings, client.address, fields)) return { type: 'in', number: -1 }
  return fromTicket(deps, visitor)
}

/** A pass from a link becomes a cookie, so that the pages behind it need none. */
function hasPass({ clock }: JudgeDeps, { room, cookies, client }: Visitor, text: string): boolean {
  const until = room.signer.readPass(room.name, text)
  const now = clock.now()
  if (until === undefined || until <= now) return false
  const seconds = Math.ceil((until - now) / 1000)
  cookies.push(cookie(kinds.PASS, room.name.room, text, seconds, client.scheme === 'https'))
  return true
}

async function fromSession(deps: JudgeDeps, visitor: Visitor): Promise<Verdict | undefined> {
  const { room, brought } = visitor
  const text = brought['bw-session']
  const session = text === undefined ? undefined : room.signer.readSession(room.name, text)
  if (session === undefined || room.row.mark(session.number) === Mark.ended) return undefined
  const now = deps.clock.now()
  const left = session.until - now
  const { idle, longest } = room.settings
  // A clock that was set back makes a session no longer than it may be.
  if (now >= session.since + longest || left > idle + 60_000) return undefined
  if (left <= 0) {
    const entry = await deps.entries.ask(room.index, session.number, true)
    if (entry.type !== 'admitted') return undefined
  }
  if (left < idle * RENEW_AT) {
    deps.entries.renew(room.index, session.number)
    giveSession(deps, visitor, session.number, session.since)
  }
  return { type: 'in', number: session.number }
}

function giveSession({ clock }: JudgeDeps, visitor: Visitor, number: number, since: number): void {
  const { room, client, cookies } = visitor
  const { idle, longest } = room.settings
  const until = Math.min(clock.now() + idle, since + longest)
  const text = room.signer.session(room.name, { number, since, until })
  const seconds = Math.max(1, Math.ceil((until - clock.now()) / 1000))
  cookies.push(cookie(kinds.SESSION, room.name.room, text, seconds, client.scheme === 'https'))
}

function fromTicket(deps: JudgeDeps, visitor: Visitor): Promise<Verdict> | Verdict {
  const text = visitor.brought['bw-ticket']
  if (text === undefined) return newTicket(deps, visitor, undefined)
  const ticket = visitor.room.signer.readTicket(visitor.room.name, text)
  if (ticket === undefined) return newTicket(deps, visitor, 'ticket-unknown')
  if (isTooOld(ticket, deps.clock.now())) return newTicket(deps, visitor, 'ticket-expired')
  return stand(deps, visitor, ticket.number, text, undefined)
}

/** A ticket of a clock that was ahead is as good as a new one. */
export const isTooOld = ({ issued }: Ticket, now: number): boolean => now - issued > TICKET_LIFE

function newTicket(deps: JudgeDeps, visitor: Visitor, note: ReasonCode | undefined): Promise<Verdict> | Verdict {
  const { room, brought, mayQueue } = visitor
  if (!mayQueue) return { type: 'outside', reason: 'waiting' }
  if (room.settings.invited && !isInvited(room, brought['bw-invite'])) {
    return { type: 'outside', reason: brought['bw-invite'] === undefined ? 'invitation-needed' : 'invitation-unknown' }
  }
  const number = takeNumber(room)
  if (number === 'before') return { type: 'outside', reason: 'not-open-yet' }
  if (number === 'full') return { type: 'outside', reason: 'waiting-room-full' }
  if (number === 'unkept') return { type: 'outside', reason: 'core-away' }
  const issued = deps.clock.now()
  const text = room.signer.ticket(room.name, { number, issued })
  const isSecure = visitor.client.scheme === 'https'
  visitor.cookies.push(cookie(kinds.TICKET, room.name.room, text, TICKET_LIFE / 1000, isSecure))
  return stand(deps, visitor, number, text, note)
}

const isInvited = (room: EdgeRoom, code: string | undefined): boolean =>
  code !== undefined && room.signer.readInvitation(room.name, code) !== undefined

/** In if it is their turn and core says so, else on in the queue. */
async function stand(
  deps: JudgeDeps,
  visitor: Visitor,
  number: number,
  token: string,
  note: ReasonCode | undefined,
): Promise<Verdict> {
  const { room } = visitor
  const { row } = room
  markPresent(row, number)
  if (row.positionOf(number) >= row.get(RoomWord.serving))
    return { type: 'waits', number, token, ahead: undefined, note }
  const entry = await deps.entries.ask(room.index, number, false)
  if (entry.type === 'waits') return { type: 'waits', number, token, ahead: entry.ahead, note }
  if (entry.type === 'spent') return newTicket(deps, visitor, 'ticket-used')
  giveSession(deps, visitor, number, deps.clock.now())
  return { type: 'in', number }
}
