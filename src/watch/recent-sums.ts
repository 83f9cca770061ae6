// Sums by name over the last five to ten minutes: two spans, of which the older one is dropped when the younger is full.

import type { Clock } from '../base/clock.ts'

/** Milliseconds of one span. */
const SPAN = 300_000

export class RecentSums<Sums> {
  readonly #clock: Clock
  readonly #copied: (sums: Sums) => Sums
  readonly #added: (to: Sums, more: Sums) => void
  readonly #most: number
  #now = new Map<string, Sums>()
  #before = new Map<string, Sums>()
  #turnedAt: number

  /** `most`: names that are kept of one span; what comes beyond is left out. */
  constructor(clock: Clock, most: number, copied: (sums: Sums) => Sums, added: (to: Sums, more: Sums) => void) {
    this.#clock = clock
    this.#most = most
    this.#copied = copied
    this.#added = added
    this.#turnedAt = clock.monotonic()
  }

  add(name: string, more: Sums): void {
    this.#turn()
    if (this.#now.size < this.#most || this.#now.has(name)) this.#into(this.#now, name, more)
  }

  get all(): Sums[] {
    this.#turn()
    const all = new Map<string, Sums>()
    for (const map of [this.#before, this.#now]) for (const [name, sums] of map) this.#into(all, name, sums)
    return [...all.values()]
  }

  /** How far they look back. */
  get seconds(): number {
    this.#turn()
    return Math.round((this.#clock.monotonic() - this.#turnedAt + (this.#before.size > 0 ? SPAN : 0)) / 1000)
  }

  #into(map: Map<string, Sums>, name: string, more: Sums): void {
    const sums = map.get(name)
    if (sums === undefined) map.set(name, this.#copied(more))
    else this.#added(sums, more)
  }

  #turn(): void {
    const now = this.#clock.monotonic()
    if (now - this.#turnedAt < SPAN) return
    this.#before = now - this.#turnedAt < 2 * SPAN ? this.#now : new Map()
    this.#now = new Map()
    this.#turnedAt = now
  }
}
