// The sum of one 32-bit counter over the rows of the board. Counters wrap, so what is added is the difference to the last
// look modulo 2^32; the sum is a float, exact up to 2^53.

import { MAX_EDGES } from '../board/board.ts'

export class WrappingSum {
  total = 0
  /** What the last look added. */
  added = 0
  readonly #before = new Int32Array(MAX_EDGES)

  look(): void {
    this.added = 0
  }

  add(row: number, word: number): void {
    const difference = (word - this.#before[row]!) >>> 0
    this.#before[row] = word
    this.added += difference
    this.total += difference
  }
}
