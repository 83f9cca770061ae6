// The last proof of each page that a spike rule wants one copy of: what it came to, what differed, and what the copy does not show to one
// who is logged in.

import type { ProofSum } from '../threads/sums.ts'

/** Pages remembered; with 20 KiB of differences each at worst these are 4 MiB. The one that was proven longest ago goes first. */
const MOST_PAGES = 200

export class ProofLedger {
  readonly #last = new Map<string, ProofSum>()

  add(proofs: readonly ProofSum[]): void {
    for (const each of proofs) {
      const page = `${each.site} ${each.host}${each.target}`
      this.#last.delete(page)
      this.#last.set(page, each)
      const [oldest] = this.#last.keys()
      if (this.#last.size > MOST_PAGES) this.#last.delete(oldest!)
    }
  }

  /** The newest first. */
  get told(): { proofs: ProofSum[] } {
    return { proofs: [...this.#last.values()].toReversed() }
  }
}
