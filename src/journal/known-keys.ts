// Whether anything under a key may be on disk: counts of hashes, so that taking out a key that was never stored, which most
// POST requests do, touches no disk. It errs to one side only: it may say yes for a key that is not there.

import type { Entries } from './entries.ts'

/** 4 MiB. With a million records on disk a key that is not there is still told apart in one of three cases. */
const BUCKETS = 2 ** 20

export class KnownKeys {
  readonly #counts = new Int32Array(BUCKETS)

  has(hash: number): boolean {
    return this.#counts[hash & (BUCKETS - 1)]! > 0
  }

  add(hash: number): void {
    this.#counts[hash & (BUCKETS - 1)]!++
  }

  /** A file with these records is gone. */
  drop(entries: Entries): void {
    for (let i = 0; i < entries.count; i++) this.#counts[entries.hash(i) & (BUCKETS - 1)]!--
  }

  clear(): void {
    this.#counts.fill(0)
  }
}
