// Looks at an origin, or at a class of requests to it: what its sums on the board have grown by since the look before, for
// the limit that decides.

import { FIRST_BYTE_BUCKETS } from '../../board/board.ts'
import type { Seen } from '../ledger.ts'
import type { Look } from './limit.ts'

export class Looks {
  readonly #see: () => Seen
  #before: Seen

  /** `see`: the sums as they stand. */
  constructor(see: () => Seen) {
    this.#see = see
    this.#before = see()
  }

  /** `waited`: share of the time since the last look in which somebody waited for a place. */
  next(now: number, waited: number): Look {
    const [before, seen] = [this.#before, this.#see()]
    this.#before = seen
    const since = (word: 'bad' | 'timeouts' | 'resets'): number => (seen[word] - before[word]) >>> 0
    const firstBytes = new Float64Array(FIRST_BYTE_BUCKETS)
    for (let i = 0; i < FIRST_BYTE_BUCKETS; i++) firstBytes[i] = (seen.firstBytes[i]! - before.firstBytes[i]!) >>> 0
    return {
      ...{ now, firstBytes, waited, inFlight: seen.inFlight },
      ...{ bad: since('bad'), timeouts: since('timeouts'), resets: since('resets') },
    }
  }
}
