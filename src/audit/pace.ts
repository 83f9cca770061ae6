// How fast a walk over a site asks: requests are 1 / rate seconds apart, however fast the site answers.

import { setTimeout as sleep } from 'node:timers/promises'

export class Pace {
  readonly #gap: number
  #next = 0

  /** `rate`: requests a second. */
  constructor(rate: number) {
    this.#gap = 1000 / rate
  }

  /** Resolves when it is time for the next one. */
  async turn(): Promise<void> {
    const now = performance.now()
    if (this.#next > now) await sleep(this.#next - now)
    this.#next = Math.max(now, this.#next) + this.#gap
  }
}
