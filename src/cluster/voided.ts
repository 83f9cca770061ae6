// When what is stored under a page's key last became untrue here, by a post for example: what an owner has had since before is not
// taken from it, since it may not have heard. A table of fixed size, by the beginning of the page's id: two pages that share
// a place cost a fetch, and nothing is ever forgotten.

import type { Clock } from '../base/clock.ts'

/** 512 KiB. With a thousand posts a second to pages of their own 3% of the places are younger than two seconds. */
const PLACES = 65_536

export class Voided {
  readonly #at = new Float64Array(PLACES).fill(-Infinity)
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  note(id: string): void {
    this.#at[placeOf(id)] = this.#clock.monotonic()
  }

  /** Milliseconds since then; Infinity where it never did. */
  since(id: string): number {
    return this.#clock.monotonic() - this.#at[placeOf(id)]!
  }
}

/** The id is a hash in base64url: three characters have 18 bits. */
const placeOf = (id: string): number => Buffer.from(id.slice(0, 4), 'base64url').readUInt16LE(0)
