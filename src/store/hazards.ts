// Hazards: places that an edge still needs after it has returned to its event loop, because a write from them waits for a
// slow reader. One row of slots an edge in shared memory; core looks them through before it uses a place again. A row is
// wiped when its edge dies, so a crash leaks nothing. (Michael, "Hazard Pointers", 2004; here only for pending writes,
// everything shorter is covered by epochs.)

import { MAX_EDGES } from '../board/board.ts'

/** Slots an edge: pending large writes and responses that the slow lane streams. A full row means: copy the bytes. */
const HAZARDS_EACH = 4096

export const hazardBytes = (): number => MAX_EDGES * HAZARDS_EACH * 4

/** One edge's row. */
export class Hazards {
  readonly #row: Int32Array<SharedArrayBuffer>
  readonly #free: number[]

  constructor(memory: SharedArrayBuffer, slot: number) {
    this.#row = new Int32Array(memory, slot * HAZARDS_EACH * 4, HAZARDS_EACH)
    this.#free = Array.from({ length: HAZARDS_EACH }, (_, i) => i)
  }

  /** Keeps the place from being used again. Returns a handle for `release`, or -1 when the row is full. */
  hold(ref: number): number {
    const handle = this.#free.pop()
    if (handle === undefined) return -1
    Atomics.store(this.#row, handle, ref | 0)
    return handle
  }

  release(handle: number): void {
    Atomics.store(this.#row, handle, 0)
    this.#free.push(handle)
  }
}

/** All rows, for core. */
export class AllHazards {
  readonly #words: Int32Array<SharedArrayBuffer>

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory)
  }

  /** Every held place of the first `edges` rows (and of the last row, the journal's). */
  held(edges: number): Set<number> {
    const held = new Set<number>()
    for (let i = 0; i < edges * HAZARDS_EACH; i++) this.#add(held, i)
    for (let i = (MAX_EDGES - 1) * HAZARDS_EACH; i < this.#words.length; i++) this.#add(held, i)
    return held
  }

  /** The edge in this slot is dead. */
  wipe(slot: number): void {
    this.#words.fill(0, slot * HAZARDS_EACH, (slot + 1) * HAZARDS_EACH)
  }

  #add(held: Set<number>, i: number): void {
    const ref = Atomics.load(this.#words, i) >>> 0
    if (ref !== 0) held.add(ref)
  }
}
