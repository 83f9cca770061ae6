// The last quarter of an hour, second by second, in memory: what the dashboard draws when it is opened.

import { columns } from './seconds.ts'
import type { Column, Second } from './seconds.ts'

/** A quarter of an hour. 900 seconds × 45 columns × 8 bytes = 320 KiB. */
const SECONDS = 900
/** Digits behind the point: charts show three figures, and the answer stays a third as long. */
const DIGITS = 1000

type Rings = Record<Column, Float64Array>

export class History {
  readonly #length: number
  /** A ring each; what is not known is NaN. */
  readonly #rings: Rings
  #added = 0

  constructor(length = SECONDS) {
    this.#length = length
    this.#rings = Object.fromEntries(columns.map(name => [name, new Float64Array(length)])) as Rings
  }

  add(second: Second): void {
    const place = this.#added++ % this.#length
    for (const name of columns) this.#rings[name][place] = second[name] ?? NaN
  }

  /** Each column from the oldest second to the newest. */
  get columns(): Record<Column, (number | null)[]> {
    return Object.fromEntries(columns.map(name => [name, this.#inOrder(this.#rings[name])])) as Record<
      Column,
      (number | null)[]
    >
  }

  #inOrder(ring: Float64Array): (number | null)[] {
    const kept = Math.min(this.#added, this.#length)
    return Array.from({ length: kept }, (_, i) => {
      const value = ring[(this.#added - kept + i) % this.#length]!
      return Number.isNaN(value) ? null : Math.round(value * DIGITS) / DIGITS
    })
  }
}
