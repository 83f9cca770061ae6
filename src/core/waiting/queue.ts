// One waiting room's queue, as a state machine that knows neither HTTP nor the time: core tells it both. Who is called is
// decided here alone, strictly in order; edges only read how far the calling has come.
//
//   number given out ──called──▶ awaited ──comes──▶ session ──idle, too long, ended──▶ gone
//                                   └─60 s─▶ turn passed on ──comes back──▶ front of the queue
//
// Who has stopped asking is passed over when the calling comes to them, and has their turn when they come back.

import { Mark, RoomPhase, RoomWord, markAge } from '../../board/rooms.ts'
import type { RoomRow } from '../../board/rooms.ts'
import { CallRate } from './call-rate.ts'
import { isInGap, withGap } from './keeping.ts'
import type { Gap } from './keeping.ts'
import { countPresent, holesWithin, publishPresence } from './presence.ts'
import { Sessions } from './sessions.ts'
import { tellSecond } from './told.ts'

/** How long a called visitor's turn is kept, milliseconds. */
export const TURN = 60_000
/** Seconds without a poll after which a visitor counts as absent: three of the longest pause between two. */
export const ABSENT = 90
/** Positions looked at in one turn at most: passing over so many absent visitors takes about a millisecond. */
const MOST_STEPS = 200_000

/** What the origin bears of visitors now. */
export interface Bears {
  /** Sessions at once. */
  readonly sessions: number
  /** Visitors called in a second. */
  readonly rate: number
  /** Nobody has set that: it is what the origin is thought to bear. */
  readonly isGuess?: boolean
}

/** How long sessions last, milliseconds. */
export interface SessionTimes {
  readonly idle: number
  readonly longest: number
}

/** What became of a visitor who wants in. `spent`: the ticket has been used, and its session is over or somebody else's. */
export type Entry = { type: 'admitted' } | { type: 'waits'; ahead: number } | { type: 'spent' }

/** Who wants in. */
export interface Entrant {
  readonly number: number
  /** It shows a session that the edge could not judge by itself. */
  readonly hasSession: boolean
  /** A fingerprint of who brings it. */
  readonly from: number
}

/** What a queue remembers of the process before. */
export interface Remembered {
  readonly next: number
  readonly serving: number
  readonly active: number
  /** Numbers that nobody was given. */
  readonly gaps?: readonly Gap[]
}

export class WaitingQueue {
  readonly row: RoomRow
  readonly #rate = new CallRate()
  readonly #sessions: Sessions
  /** Positions below this have been called, for certain. */
  #serving: number
  /** Called and still there, with the time at which their turn passes on. In the order of calling. */
  readonly #awaited = new Map<number, number>()
  /** Whose turn had passed on, and who have come back: when they asked last. */
  readonly #returning = new Map<number, number>()
  #credit = 1
  #last: number
  #second = -1
  /** Numbers below this are of before a restart: nobody knows who of them is still there until `graceUntil`. */
  readonly #unknownBelow: number
  readonly #graceUntil: number
  #gaps: Gap[]
  /** Numbers below this were given out before this core began. */
  readonly #oldBelow: number
  /** The number on each place of a lottery. */
  #order: Uint32Array | undefined
  #drawnTickets = 0

  /** `now` is monotonic milliseconds, as everywhere here. The row's words are set by whoever makes it. */
  constructor(row: RoomRow, now: number, remembered: Remembered | undefined) {
    this.row = row
    this.#last = now
    this.#serving = Math.min(row.get(RoomWord.serving), row.get(RoomWord.next))
    this.#unknownBelow = remembered?.next ?? 0
    this.#gaps = [...(remembered?.gaps ?? [])]
    this.#oldBelow = row.get(RoomWord.next)
    this.#graceUntil = row.get(RoomWord.second) + ABSENT
    this.#sessions = new Sessions(row, remembered?.active ?? row.get(RoomWord.active))
  }

  get serving(): number {
    return this.#serving
  }

  get sessions(): number {
    return this.#sessions.size
  }

  /** Called, and not come yet. */
  get awaited(): number {
    return this.#awaited.size
  }

  /** Those of them who were called within so many milliseconds. */
  coming(now: number, within: number): number {
    let count = 0
    for (const until of this.#awaited.values()) if (until > now + TURN - within) count++
    return count
  }

  /** Numbers given out and not called. */
  get waiting(): number {
    return Math.max(0, this.row.get(RoomWord.next) - this.#serving)
  }

  /** Positions on which nobody stands, in order; those of a draw are its last. */
  #holes(): Gap[] {
    const [drawnFrom, drawnTo] = [this.row.get(RoomWord.drawnFrom), this.row.get(RoomWord.drawnTo)]
    const isDrawn = ([from, to]: Gap): boolean => from < drawnTo && to > drawnFrom
    const others = this.#gaps.filter(gap => !isDrawn(gap))
    const drawn: Gap = [drawnFrom + this.#drawnTickets, drawnTo]
    return [...others, ...(drawn[0] < drawn[1] ? [drawn] : [])].toSorted((a, b) => a[0] - b[0])
  }

  /** Numbers that nobody was given, as far as is known. */
  get gaps(): readonly Gap[] {
    return this.#gaps
  }

  /** Nobody has these numbers, and nobody will be given one. */
  skip(gap: Gap): void {
    this.#gaps = withGap(this.#gaps, gap)
  }

  /** Who stands where, drawn: for each place the number, less the first of all; so many have tickets, behind them nobody stands. */
  drawn(order: Uint32Array, tickets: number): void {
    this.#order = order
    this.#drawnTickets = tickets
  }

  /** Time has passed: calls whom the origin bears, each 250 ms. */
  turn(now: number, bears: Bears, times: SessionTimes): void {
    const passed = Math.min(1000, Math.max(0, now - this.#last)) / 1000
    this.#last = now
    this.#credit = Math.min(Math.max(1, bears.rate), this.#credit + bears.rate * passed)
    this.#welcome(now)
    this.#expire(now, times)
    const isOpen = this.row.get(RoomWord.phase) === RoomPhase.open
    if (isOpen) this.#call(now, bears)
    this.#tell(now, bears, isOpen, times)
  }

  /** A visitor with this number wants in. */
  enter({ number, hasSession, from }: Entrant, now: number, bears: Bears, times: SessionTimes): Entry {
    this.#welcome(now)
    if (this.#sessions.has(number)) {
      return hasSession || this.#sessions.mayRepeat(number, from, now) ? { type: 'admitted' } : { type: 'spent' }
    }
    if (hasSession && this.#isOfBefore(number) && this.#sessions.hear(number, now, times)) return { type: 'admitted' }
    const mark = this.row.mark(number)
    if (mark === Mark.entered || mark === Mark.ended) return { type: 'spent' }
    if (mark === Mark.lapsed && !hasSession) return { type: 'spent' }
    const position = this.row.positionOf(number)
    if (position >= this.#serving || this.row.get(RoomWord.phase) === RoomPhase.drawing)
      return { type: 'waits', ahead: this.#returning.size + this.row.presentBefore(position) }
    if (this.#awaited.delete(number)) return this.#admit(number, from, now, times)
    return this.#enterLate(number, from, position, now, bears, times)
  }

  /** A session has shown life; one that this core does not know is taken in while places of before it are left. */
  renew(number: number, now: number, times: SessionTimes): void {
    if (!this.#sessions.renew(number, now, times) && this.#isOfBefore(number)) this.#sessions.hear(number, now, times)
  }

  /** The origin has ended a session. */
  end(number: number): void {
    this.row.setMark(number, Mark.ended)
    this.#sessions.end(number)
  }

  /** In front of all who have not been called, as soon as there is a place. */
  #enterLate(number: number, from: number, position: number, now: number, bears: Bears, times: SessionTimes): Entry {
    const before = [...this.#returning.keys()].filter(other => this.row.positionOf(other) < position).length
    const free = bears.sessions - this.#sessions.size - this.#awaited.size
    if (free > before && this.#credit >= 1) {
      this.#returning.delete(number)
      this.#credit -= 1
      return this.#admit(number, from, now, times)
    }
    this.#returning.set(number, now)
    this.row.markPresent(number)
    return { type: 'waits', ahead: before }
  }

  #admit(number: number, from: number, now: number, times: SessionTimes): Entry {
    this.#sessions.begin(number, from, now, times)
    return { type: 'admitted' }
  }

  /** Who took a number below what was promised ahead has been called by that. */
  #welcome(now: number): void {
    const promised = Math.min(this.row.get(RoomWord.next), this.row.get(RoomWord.serving))
    for (; this.#serving < promised; this.#serving++) {
      this.#credit -= 1
      this.#awaited.set(this.#serving, now + TURN)
    }
  }

  #call(now: number, bears: Bears): void {
    const next = this.row.get(RoomWord.next)
    let called = 0
    for (let steps = 0; this.#serving < next && steps < MOST_STEPS; steps++) {
      const number = this.#numberAt(this.#serving)
      if (this.#isPresent(number)) {
        if (this.#free(bears) < 1 || this.#credit < 1) break
        this.#credit -= 1
        called++
        this.#awaited.set(number, now + TURN)
      }
      this.#serving++
    }
    this.#rate.called(called)
  }

  #free(bears: Bears): number {
    return bears.sessions - this.#sessions.size - this.#awaited.size - this.#returning.size
  }

  #numberAt(position: number): number {
    const place = position - this.row.get(RoomWord.drawnFrom)
    if (this.#order === undefined || place < 0 || place >= this.#order.length) return position
    return this.row.get(RoomWord.drawnFrom) + this.#order[place]!
  }

  #isOfBefore(number: number): boolean {
    const mark = this.row.mark(number)
    return number < this.#oldBelow && mark !== Mark.ended && mark !== Mark.lapsed
  }

  #isPresent(number: number): boolean {
    const second = this.row.get(RoomWord.second)
    const mark = this.row.mark(number)
    if (mark === Mark.unknown)
      return second < this.#graceUntil && number < this.#unknownBelow && !isInGap(this.#gaps, number)
    return markAge(mark, second) < ABSENT
  }

  /** Turns that pass on, sessions that are over, returned ones that have gone again. */
  #expire(now: number, times: SessionTimes): void {
    // Who is absent does not come: a ticket that was thrown away keeps its turn from others no longer than it counts.
    const isSecond = Math.floor(now / 1000) !== this.#second
    for (const [number, until] of this.#awaited) {
      if (until > now && !isSecond) break
      if (until <= now || !this.#isPresent(number)) this.#awaited.delete(number)
    }
    for (const [number, asked] of this.#returning) if (now - asked > TURN) this.#returning.delete(number)
    this.#sessions.expire(now, times)
  }

  /** What edges and visitors read. */
  #tell(now: number, bears: Bears, isOpen: boolean, { idle }: SessionTimes): void {
    const { row } = this
    const next = row.get(RoomWord.next)
    const ahead = isOpen && this.#serving >= next ? Math.max(0, Math.min(this.#credit, this.#free(bears))) : 0
    row.set(RoomWord.serving, this.#serving + Math.floor(ahead))
    row.set(RoomWord.active, this.#sessions.size)
    row.set(RoomWord.awaited, this.#awaited.size)
    const holes = this.#holes()
    row.set(
      RoomWord.unused,
      holes.reduce((sum, [from, to]) => sum + Math.max(0, to - Math.max(from, this.#serving)), 0),
    )
    if (Math.floor(now / 1000) === this.#second) return
    this.#second = Math.floor(now / 1000)
    tellSecond(row, this.#rate, this.#serving < next, bears, idle)
    const waiting: Gap = [this.#serving, next]
    const told = holesWithin(holes, waiting)
    const present = countPresent(waiting, told, position => this.#isPresent(this.#numberAt(position)))
    publishPresence(row, next, told, present)
  }
}
