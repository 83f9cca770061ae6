// Whether a visitor is in, comes in now, or waits: the way from what they bring along to a session. Cookies to be set on the
// way back are gathered here and set by the outer room alone, past the cache, so that none is ever stored.
//
//   pass, crawler, network ─▶ in          session, good ─▶ in            ticket, called ─▶ core ─▶ in, or on
//   nothing ─▶ a number ─▶ called? ─▶ core                               ticket, not called ─▶ waits

import type { Clock } from '../../base/clock.ts'
import { Mark, RoomWord } from '../../board/rooms.ts'
import type { NoNumber } from '../../board/rooms.ts'
import type { Client } from '../../exchange.ts'
import { first } from '../../http/fields.ts'
import type { Fields } from '../../http/fields.ts'
import type { ReasonCode } from '../../reasons.ts'
import type { TakenNumber } from '../../threads/rooms.ts'
import { TICKET_LIFE } from '../../waiting/tickets.ts'
import type { Ticket } from '../../waiting/tickets.ts'
import type { Bypass } from './bypass.ts'
import { readTicket, timeIn } from './edge-rooms.ts'
import type { EdgeRoom } from './edge-rooms.ts'
import type { Entries } from './entries.ts'
import { behindAll } from './place.ts'
import { cookie, kinds } from './visit.ts'
import type { Brought } from './visit.ts'

/** What became of a visitor. */
export type Verdict =
  /** `number` of the session; -1 for who goes by the room. */
  | { type: 'in'; number: number }
  /** `ahead` is core's word of who stands in front of a called visitor, where it gave one; `isLast`: behind all others, whenever they come. */
  | {
      type: 'waits'
      number: number
      token: string
      ahead: number | undefined
      note: ReasonCode | undefined
      isLast?: true
    }
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
  /** Does not look like people: goes on with a ticket that it was given before; with one from now on it stands behind all others. */
  readonly isDoubtful: boolean
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
  const now = timeIn(room, clock)
  if (until === undefined || until <= now) return false
  const seconds = Math.ceil((until - now) / 1000)
  cookies.push(cookie(kinds.PASS, room.name.room, text, seconds, client.scheme === 'https'))
  return true
}

/** Core's record is the truth; the board says what it says of those who are in, so that nobody has to be asked for them. */
async function fromSession(deps: JudgeDeps, visitor: Visitor): Promise<Verdict | undefined> {
  const { room, brought } = visitor
  const text = brought['bw-session']
  const session = text === undefined ? undefined : room.signer.readSession(room.name, text)
  if (session === undefined || room.row.mark(session.number) === Mark.ended) return undefined
  const now = timeIn(room, deps.clock)
  const left = session.until - now
  const { idle, longest } = room.settings
  if (now >= session.since + longest) return undefined
  // A clock that was set makes no session longer or shorter: core counts by another hand.
  const isOdd = left <= 0 || left > idle + 60_000
  const isIn = room.row.isIn(session.number)
  if (left <= 0 && !isIn) return undefined
  if (isOdd || !isIn) {
    const entry = await deps.entries.ask(room.index, session.number, true, fingerprintOf(visitor))
    if (entry.type === 'spent') return undefined
    if (entry.type === 'waits') return waitAgain(deps, visitor, session.number, entry.ahead)
    // Nobody says no, and that they were let in is signed: a node that was paused, or a core that is away, puts nobody out. Only whose place was given on waits.
    if (entry.type === 'silent' && room.row.mark(session.number) === Mark.lapsed)
      return waitAgain(deps, visitor, session.number, 0)
  }
  // The first cookie, shown: core learns that its visitor keeps cookies.
  const isFirst = session.until - session.since <= idle
  // Who does not look like people has a session once, while others wait for its place.
  if (!visitor.isDoubtful && (isOdd || isFirst || left < idle * RENEW_AT)) {
    deps.entries.renew(room.index, session.number)
    giveSession(deps, visitor, session.number, Math.min(session.since, now))
  }
  return { type: 'in', number: session.number }
}

/** Whose place was given on before they came a second time waits in front, with the number they had. */
function waitAgain(deps: JudgeDeps, visitor: Visitor, number: number, ahead: number): Verdict {
  const { room, brought } = visitor
  const text = brought['bw-ticket']
  const isTheirs = text !== undefined && readTicket(room, text)?.number === number
  return { type: 'waits', number, token: isTheirs ? text : giveTicket(deps, visitor, number), ahead, note: undefined }
}

const fingerprintOf = ({ room, client, fields }: Visitor): number =>
  room.signer.fingerprint(client.address, first(fields, 'user-agent') ?? '')

function giveSession({ clock }: JudgeDeps, visitor: Visitor, number: number, since: number): void {
  const { room, client, cookies } = visitor
  const { idle, longest } = room.settings
  const now = timeIn(room, clock)
  const until = Math.min(now + idle, since + longest)
  const text = room.signer.session(room.name, { number, since, until })
  // Kept as long as it may be renewed: by hits too, which set no cookie.
  const seconds = Math.max(1, Math.ceil((since + longest - now) / 1000))
  cookies.push(cookie(kinds.SESSION, room.name.room, text, seconds, client.scheme === 'https'))
}

function fromTicket(deps: JudgeDeps, visitor: Visitor): Promise<Verdict> | Verdict {
  const text = visitor.brought['bw-ticket']
  if (text === undefined) return newTicket(deps, visitor, undefined)
  const { room } = visitor
  const ticket = readTicket(room, text)
  if (ticket === undefined) return newTicket(deps, visitor, 'ticket-unknown')
  if (ticket.isVoid === true || isTooOld(ticket, timeIn(room, deps.clock)))
    return newTicket(deps, visitor, 'ticket-expired')
  const { number, isDoubtful = false } = ticket
  if (ticket.isApart === true) return waitApart(room, number, text, undefined)
  if (isDoubtful && visitor.isDoubtful && isWaitedAt(room))
    return { type: 'waits', number, token: text, ahead: undefined, note: undefined, isLast: true }
  room.row.markPresent(number)
  return stand(deps, visitor, number, text, undefined)
}

/** Nobody knows the place before the nodes are together again; who was given it stands behind all others until then. */
const waitApart = ({ row }: EdgeRoom, number: number, token: string, note: ReasonCode | undefined): Verdict => ({
  ...{ type: 'waits', number: behindAll(row, number), token, ahead: undefined, note },
})

/** Somebody waits who is not called yet. */
const isWaitedAt = ({ row }: EdgeRoom): boolean => row.get(RoomWord.next) > row.get(RoomWord.serving)

/** A ticket of a clock that was ahead is as good as a new one. */
export const isTooOld = ({ issued }: Ticket, now: number): boolean => now - issued > TICKET_LIFE

async function newTicket(deps: JudgeDeps, visitor: Visitor, note: ReasonCode | undefined): Promise<Verdict> {
  const { room, mayQueue } = visitor
  if (!mayQueue) return { type: 'outside', reason: 'waiting' }
  const taken = room.settings.invited ? await invitedNumber(deps, visitor, note) : await nextNumber(deps, visitor)
  if (typeof taken === 'string') return { type: 'outside', reason: NO_NUMBER[taken] }
  const { number, epoch } = typeof taken === 'number' ? { number: taken, epoch: null } : taken
  const token = giveTicket(deps, visitor, number, epoch)
  if (epoch !== null) return waitApart(room, number, token, note)
  if (!visitor.isDoubtful) return stand(deps, visitor, number, token, note)
  room.row.setMark(number, Mark.unknown)
  return { type: 'waits', number, token, ahead: undefined, note, isLast: true }
}

/** Who does not look like people leaves half of the room to who does. */
const lengthFor = ({ room, isDoubtful }: Visitor): number =>
  isDoubtful ? Math.ceil(room.settings.length / 2) : room.settings.length

/** In a room that several nodes have in common core asks for it: the order of all who come anywhere is one. */
function nextNumber(
  { entries }: Pick<JudgeDeps, 'entries'>,
  visitor: Visitor,
): Promise<TakenNumber | NoNumber> | number | NoNumber {
  const { room } = visitor
  return room.shared === undefined ? room.row.take(lengthFor(visitor)) : entries.number(room.index, lengthFor(visitor))
}

const NO_NUMBER = {
  before: 'not-open-yet',
  full: 'waiting-room-full',
  unkept: 'core-away',
  uninvited: 'invitation-needed',
  unknown: 'invitation-unknown',
  used: 'invitation-used',
} as const

/** An invitation is for one number, whose ticket may be used once; one for several gives each a number of their own. */
async function invitedNumber(
  { entries }: Pick<JudgeDeps, 'entries'>,
  visitor: Visitor,
  note: ReasonCode | undefined,
): Promise<number | TakenNumber | keyof typeof NO_NUMBER> {
  const { room, brought } = visitor
  const code = brought['bw-invite']
  if (code === undefined) return 'uninvited'
  const invitation = room.signer.readInvitation(room.name, code)
  if (invitation === undefined) return 'unknown'
  if (invitation.isForSeveral) return nextNumber({ entries }, visitor)
  // Its number would be the one that is spent.
  if (note === 'ticket-used') return 'used'
  return entries.redeem(room.index, invitation.serial, fingerprintOf(visitor))
}

/** Signed and on its way to the visitor. */
function giveTicket(
  { clock }: JudgeDeps,
  { room, client, cookies, isDoubtful }: Visitor,
  number: number,
  epoch: number | null = null,
): string {
  const issued = timeIn(room, clock)
  const text = room.signer.ticket(room.name, { number, issued, isDoubtful, ...(epoch !== null && { epoch }) })
  cookies.push(cookie(kinds.TICKET, room.name.room, text, TICKET_LIFE / 1000, client.scheme === 'https'))
  return text
}

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
  if (row.positionOf(number) >= row.get(RoomWord.serving))
    return { type: 'waits', number, token, ahead: undefined, note }
  const entry = await deps.entries.ask(room.index, number, false, fingerprintOf(visitor))
  if (entry.type === 'silent') return { type: 'waits', number, token, ahead: 0, note }
  if (entry.type === 'waits') return { type: 'waits', number, token, ahead: entry.ahead, note }
  if (entry.type === 'spent') return newTicket(deps, visitor, 'ticket-used')
  giveSession(deps, visitor, number, timeIn(room, deps.clock))
  return { type: 'in', number }
}
