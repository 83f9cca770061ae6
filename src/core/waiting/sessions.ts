// Who is in: the sessions of one room, by number. Cookies are signed and stateless, so this is only the count that bounds
// them; after a restart those not heard of yet are kept a place until they must have shown life.

import { Mark, RoomWord } from '../../board/rooms.ts'
import type { RoomRow } from '../../board/rooms.ts'
import type { SessionTimes } from './queue.ts'

/** A session that has not shown its cookie yet lasts this long at most, so that programs without cookies hold few places. */
const UNCONFIRMED = 60_000
/** The same ticket may come again so long after it was used: an answer may have been lost. Milliseconds. */
const FRESH = 60_000

interface Times {
  readonly since: number
  until: number
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

  /** Was it begun just now? */
  isFresh(number: number, now: number): boolean {
    return now - this.#known.get(number)!.since < FRESH
  }

  begin(number: number, now: number, { idle }: SessionTimes): void {
    this.#known.set(number, { since: now, until: now + Math.min(idle, UNCONFIRMED) })
  }

  renew(number: number, now: number, { idle, longest }: SessionTimes): void {
    const times = this.#known.get(number) ?? this.#hear(number, now)
    times.until = Math.min(now + idle, times.since + longest)
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
    for (const [number, { until }] of this.#known) if (until <= now) this.#known.delete(number)
    this.#row.set(RoomWord.active, this.size)
  }

  #hear(number: number, now: number): Times {
    const times = { since: now, until: now }
    this.#known.set(number, times)
    this.#unheard = Math.max(0, this.#unheard - 1)
    this.#row.setMark(number, Mark.entered)
    return times
  }
}
