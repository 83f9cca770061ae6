// When a place may be used again. An edge's reference to a stored response is good until it returns to its event loop.
// Core announces a new epoch by message and the edge writes its number onto the board when it handles it, between two
// callbacks: from then on the edge holds nothing that was taken out of the index before the announcement. (Fraser,
// "Practical lock-freedom", 2004, has the idea; what outlives a callback is held by hazards, see store/hazards.ts.)

import { EdgeWord, GlobalWord, MAX_EDGES } from '../board/board.ts'
import type { Board } from '../board/board.ts'

export class Epochs {
  readonly #board: Board
  readonly #announce: (epoch: number) => void
  readonly #rows: Int32Array<SharedArrayBuffer>[]
  /** Edges that may hold references: those that were seen serving since they were last declared dead. */
  readonly #serving = new Set<number>()

  /**
   * `announce` tells every edge. Who serves when core starts is found on the board: after a restart of core the edges may
   * hold references from before it.
   */
  constructor(board: Board, announce: (epoch: number) => void) {
    this.#board = board
    this.#announce = announce
    this.#rows = Array.from({ length: MAX_EDGES }, (_, slot) => board.edge(slot))
    this.#notice()
  }

  get current(): number {
    return this.#board.global[GlobalWord.epoch]!
  }

  /** Begins a new epoch and tells the edges. */
  advance(): number {
    const epoch = (this.current + 1) | 0
    Atomics.store(this.#board.global, GlobalWord.epoch, epoch)
    this.#announce(epoch)
    return epoch
  }

  /** Has every serving edge acknowledged this epoch or a later one? */
  passed(epoch: number): boolean {
    this.#notice()
    for (const slot of this.#serving) if (!this.#hasPassed(slot, epoch)) return false
    return true
  }

  /** The slots that serve. */
  get serving(): number[] {
    this.#notice()
    return [...this.#serving]
  }

  /** Those of them that have not acknowledged this epoch yet. */
  missing(epoch: number): number[] {
    return this.serving.filter(slot => !this.#hasPassed(slot, epoch))
  }

  /** The edge in this slot has died: it holds nothing any more. */
  gone(slot: number): void {
    Atomics.store(this.#rows[slot]!, EdgeWord.alive, 0)
    this.#serving.delete(slot)
  }

  /** The number wraps after 2^32 epochs, so that it is compared by its difference. */
  #hasPassed(slot: number, epoch: number): boolean {
    return ((Atomics.load(this.#rows[slot]!, EdgeWord.epoch) - epoch) | 0) >= 0
  }

  /**
   * An edge says on the board that it serves before it first looks into the store, so whoever is not seen here holds
   * nothing: what was taken out of the index before is not found by an edge that begins to look later.
   */
  #notice(): void {
    for (let slot = 0; slot < MAX_EDGES; slot++) {
      if (Atomics.load(this.#rows[slot]!, EdgeWord.alive) === 1) this.#serving.add(slot)
    }
  }
}
