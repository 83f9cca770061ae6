// Looks at an origin: what its sums on the board have grown by since the look before, for the limit that decides.

import { FIRST_BYTE_BUCKETS } from '../../board/board.ts'
import type { Ended, Ledger } from '../ledger.ts'
import type { Look } from './limit.ts'

export class Looks {
  readonly #ledger: Ledger
  readonly #origin: number
  #counts: Uint32Array
  #ended: Ended

  constructor(ledger: Ledger, origin: number) {
    this.#ledger = ledger
    this.#origin = origin
    this.#counts = ledger.firstBytes(origin)
    this.#ended = ledger.ended(origin)
  }

  /** `waited`: share of the time since the last look in which somebody waited for a place. */
  next(now: number, waited: number): Look {
    const counts = this.#ledger.firstBytes(this.#origin)
    const ended = this.#ledger.ended(this.#origin)
    const [countsBefore, before] = [this.#counts, this.#ended]
    this.#counts = counts
    this.#ended = ended
    const since = (word: keyof Ended): number => (ended[word] - before[word]) >>> 0
    const firstBytes = new Float64Array(FIRST_BYTE_BUCKETS)
    for (let i = 0; i < FIRST_BYTE_BUCKETS; i++) firstBytes[i] = (counts[i]! - countsBefore[i]!) >>> 0
    return {
      now,
      firstBytes,
      bad: since('bad'),
      timeouts: since('timeouts'),
      resets: since('resets'),
      inFlight: this.#ledger.inFlight(this.#origin),
      waited,
    }
  }
}
