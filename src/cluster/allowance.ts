// What asking owners may cost: an owner fetches a page for nobody in particular, and where that may not be stored the visitor's own
// request goes to the origin as well. So a fetch in vain is paid for, and a useful one brings a tenth of that in: on a site whose
// pages are not to be shared the origin sees a tenth more than without owners at most, and one in ten seconds.

import type { Clock } from '../base/clock.ts'

const MOST = 10
const USEFUL = 0.1
/** Milliseconds in which one comes back by itself, so that a site that has changed is found out. */
const COMES_BACK = 10_000

export class Allowance {
  readonly #clock: Clock
  #left = MOST
  #at: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#at = clock.monotonic()
  }

  /** May another fetch be in vain? */
  isLeft(): boolean {
    const now = this.#clock.monotonic()
    this.#add((now - this.#at) / COMES_BACK)
    this.#at = now
    return this.#left >= 1
  }

  useful(): void {
    this.#add(USEFUL)
  }

  inVain(): void {
    this.#left = Math.max(0, this.#left - 1)
  }

  #add(more: number): void {
    this.#left = Math.min(MOST, this.#left + more)
  }
}
