// The retry budget: each request puts a share of a retry into a bucket, each retry takes one out, so that an origin which
// fails everything gets the requests and a tenth more, not twice as many. A trickle keeps a quiet site's retries alive,
// where one idle connection closed at the wrong moment is the whole traffic.

import type { Clock } from '../base/clock.ts'

/** Retries in the bucket at most: what a burst of closed connections may take at once. */
const FULL = 10
/** One retry each 5 s, whatever the traffic. Milliseconds. */
const TRICKLE = 5000

export class RetryBudget {
  readonly #share: number
  readonly #clock: Clock
  #left = FULL
  #filledAt: number

  /** `share` of a retry for each request, 0 for no retries at all. */
  constructor(share: number, clock: Clock) {
    this.#share = share
    this.#clock = clock
    this.#filledAt = clock.monotonic()
  }

  /** A request has been sent for the first time. */
  request(): void {
    if (this.#left < FULL) this.#left = Math.min(FULL, this.#left + this.#share)
  }

  /** True when one more retry is within the budget; it is taken. */
  take(): boolean {
    if (this.#share === 0) return false
    const now = this.#clock.monotonic()
    this.#left = Math.min(FULL, this.#left + (now - this.#filledAt) / TRICKLE)
    this.#filledAt = now
    if (this.#left < 1) return false
    this.#left -= 1
    return true
  }
}
