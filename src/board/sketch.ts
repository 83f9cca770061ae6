// How many connections each address has open, over all edges: a count-min sketch (Cormode and Muthukrishnan, "An improved data
// stream summary", 2005) with a part for each edge, which that edge alone writes and clears when it begins. So an edge that dies
// leaves no count behind, and no memory grows with the number of addresses. A count is never too low; with 20,000 connections
// from as many addresses it is too high by about 1, which is what falls into the same cell of both rows.

/** Cells of a row; a power of two. */
const CELLS = 16_384
const ROWS = 2
/** Bytes of an edge's part: 64 KiB. */
export const SKETCH_BYTES = CELLS * ROWS * 2

export class ConnectionCounts {
  /** The parts of all edges, the one of the edge in slot 0 first. */
  readonly #cells: Uint16Array<SharedArrayBuffer>
  readonly #own: number
  readonly #seed: number

  /** `slot` is the edge's own. */
  constructor(memory: SharedArrayBuffer, at: number, edges: number, slot: number, seed: number) {
    this.#cells = new Uint16Array(memory, at, edges * CELLS * ROWS)
    this.#own = slot * CELLS * ROWS
    this.#seed = seed
  }

  /** Forgets what an edge before this one in its slot had open. */
  clear(): void {
    this.#cells.fill(0, this.#own, this.#own + CELLS * ROWS)
  }

  /** One more connection; how many the address has over the edges in the first `slots` slots, this one included. */
  add(address: string, slots: number): number {
    return this.#change(address, 1, slots)
  }

  remove(address: string): void {
    this.#change(address, -1, 0)
  }

  #change(address: string, by: 1 | -1, slots: number): number {
    let [a, b] = [this.#seed ^ 0x9e3779b9, this.#seed ^ 0x7f4a7c15]
    for (let i = 0; i < address.length; i++) {
      a = Math.imul(a ^ address.charCodeAt(i), 0x01000193)
      b = Math.imul(b ^ address.charCodeAt(i), 0x5bd1e995)
    }
    const cells = [(a ^ (a >>> 15)) & (CELLS - 1), CELLS + ((b ^ (b >>> 13)) & (CELLS - 1))]
    let least = Infinity
    for (const cell of cells) {
      Atomics.add(this.#cells, this.#own + cell, by)
      let sum = 0
      for (let slot = 0; slot < slots; slot++) sum += Atomics.load(this.#cells, slot * CELLS * ROWS + cell)
      least = Math.min(least, sum)
    }
    return least
  }
}
