// What is followed while it comes: heads in the store, with the edge that fetches each.

import { Coming, Ended, store } from '../store/coming.ts'
import type { Segments } from '../store/segments.ts'

export class Followed {
  readonly #segments: Segments
  readonly #heads = new Map<number, number>()

  constructor(segments: Segments) {
    this.#segments = segments
  }

  begun(ref: number, slot: number): void {
    this.#heads.set(ref, slot)
  }

  ended(ref: number): void {
    this.#heads.delete(ref)
  }

  /** Who follows what this edge was fetching is told before its places go to others. */
  breakOff(slot: number): void {
    for (const [ref, by] of this.#heads) {
      if (by !== slot) continue
      this.#heads.delete(ref)
      store(this.#segments, ref, Coming.ended, Ended.broken)
    }
  }
}
