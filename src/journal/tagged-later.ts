// What purges by tag mean for what stands before them in the log, which is read from its end to its beginning: tags that were
// purged later than what is met now. Since core publishes nothing that a purge concerns, their order in the log is all.

import { Verdict } from '../store/purged-tags.ts'

/** Tags remembered, at some 50 bytes each. Beyond that everything that has a tag counts as purged: it is fetched anew. */
const MOST = 2 ** 20

export class TaggedLater {
  readonly #verdicts = new Map<number, Verdict>()
  readonly #most: number

  constructor(most = MOST) {
    this.#most = most
  }

  /** A purge of tags with these hashes was met. */
  note(hashes: readonly number[], isSoft: boolean): void {
    for (const hash of hashes) {
      if (this.#verdicts.size >= this.#most) return
      if (!isSoft) this.#verdicts.set(hash, Verdict.hard)
      else if (!this.#verdicts.has(hash)) this.#verdicts.set(hash, Verdict.soft)
    }
  }

  /** What they make of a record with these tags. */
  verdict(tags: readonly number[]): Verdict {
    if (tags.length > 0 && this.#verdicts.size >= this.#most) return Verdict.hard
    return tags.reduce<Verdict>((worst, tag) => {
      const own = this.#verdicts.get(tag) ?? Verdict.none
      return own > worst ? own : worst
    }, Verdict.none)
  }
}
