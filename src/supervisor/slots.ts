// Which row of the board an edge writes. A dead edge's row may not be written by another until core has cleared it, or core
// would wipe what the new one holds; so the slot comes back only when core says so, and a spare one stands in if that takes long.

import { MAX_EDGES } from '../board/board.ts'

/** The last row is the journal's. */
export const USABLE_SLOTS = MAX_EDGES - 1

export class Slots {
  readonly #used = new Set<number>()
  readonly #uncleared = new Set<number>()

  /** The lowest free slot, or -1. */
  take(): number {
    for (let slot = 0; slot < USABLE_SLOTS; slot++) {
      if (this.#used.has(slot) || this.#uncleared.has(slot)) continue
      this.#used.add(slot)
      return slot
    }
    return -1
  }

  /** The edge in this slot has died. */
  lose(slot: number): void {
    this.#used.delete(slot)
    this.#uncleared.add(slot)
  }

  /** Core has cleared it. */
  cleared(slot: number): void {
    this.#uncleared.delete(slot)
  }

  /** Slots of the dead that core has not cleared yet. */
  get uncleared(): number[] {
    return [...this.#uncleared]
  }
}
