// Who is in: the sessions of one room, by number. This is the truth of it: the board's marks say the same to the edges, and a
// cookie is worth nothing against them, so that never more are in than may be. After a restart as many as were in keep a place
// until they must have shown life.

import { Mark, ROOM_RING, RoomWord } from '../../board/rooms.ts'
import type { RoomRow } from '../../board/rooms.ts'
import type { SessionTimes } from './queue.ts'

/** A session whose cookie nobody has shown yet holds its place so long at most: programs without cookies hold few places. */
export const UNCONFIRMED = 60_000
/** The same client may use its ticket again so long after: an answer may have been lost. Milliseconds. */
const FRESH = 60_000

interface Times {
  readonly since: number
  /** A fingerprint of who was let in. */
  readonly from: number
  until: number
  isConfirmed: boolean
}

export class Sessions {
  readonly #row: RoomRow
  readonly #known = new Map<number, Times>()
  /** Of before a restart, not heard of yet. */
  #unheard: number
  #unheardUntil: number | undefined
  #sweptAt = 0

  constructor(row: RoomRow, unheard: number) {
    this.#row = row
    this.#unheard = unheard
  }

  get size(): number {
    return this.#known.size + this.#unheard
  }

  has(number: number): boolean {
    return this.#known.has(number)
  }

  /** May who brings this ticket use it again? Who was let in with it, in the minute in which an answer may be lost. */
  mayRepeat(number: number, from: number, now: number): boolean {
    const times = this.#known.get(number)!
    return times.from === from && now - times.since < FRESH
  }

  begin(number: number, from: number, now: number, { idle }: SessionTimes): void {
    this.#known.set(number, { since: now, from, until: now + Math.min(idle, UNCONFIRMED), isConfirmed: false })
    this.#mark(number, Mark.entered)
  }

  /** False for one that is not known. */
  renew(number: number, now: number, { idle, longest }: SessionTimes): boolean {
    const times = this.#known.get(number)
    if (times === undefined) return false
    times.until = Math.min(now + idle, times.since + longest)
    times.isConfirmed = true
    return true
  }

  /** One of before a restart shows life; false when all places kept for those have been taken or given on. */
  hear(number: number, now: number, { idle, longest }: SessionTimes): boolean {
    if (this.#unheard === 0) return false
    this.#unheard--
    this.#known.set(number, { since: now, from: 0, until: now + Math.min(idle, longest), isConfirmed: true })
    this.#mark(number, Mark.entered)
    return true
  }

  end(number: number): void {
    this.#known.delete(number)
  }

  /** Each second those whose time is over go. */
  expire(now: number, { idle }: SessionTimes): void {
    this.#unheardUntil ??= now + idle
    if (now >= this.#unheardUntil) this.#unheard = 0
    if (now - this.#sweptAt < 1000) return
    this.#sweptAt = now
    for (const [number, { until, isConfirmed }] of this.#known) {
      if (until > now) continue
      this.#known.delete(number)
      this.#mark(number, isConfirmed ? Mark.ended : Mark.lapsed)
    }
    this.#row.set(RoomWord.active, this.size)
  }

  /** Once a million others have come the mark is somebody else's. */
  #mark(number: number, mark: number): void {
    if (this.#row.get(RoomWord.next) - number <= ROOM_RING) this.#row.setMark(number, mark)
  }
}
