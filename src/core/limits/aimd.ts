// Additive increase, multiplicative decrease, as TCP did it first (Jacobson, 1988): for an origin whose time to first byte
// says nothing of its load, since long and short pages are too different.
//
//   failures (time-outs, resets, 5xx) > 5% of at least 10 → L' = 0.7·L        somebody waited → L' = L + 1

import type { Bounds, Limit, Look } from './limit.ts'

const START = 4
const FAILURES = 0.05
const FEWEST = 10
const DECREASE = 0.7

export class Aimd implements Limit {
  value: number
  readonly #bounds: Bounds
  #ended = 0
  #failed = 0

  constructor(bounds: Bounds) {
    this.#bounds = bounds
    this.value = clamp(START, bounds)
  }

  observe({ firstBytes, bad, timeouts, resets, waited }: Look): void {
    const failed = bad + timeouts + resets
    this.#failed += failed
    this.#ended += failed
    for (let bucket = 0; bucket < firstBytes.length; bucket++) this.#ended += firstBytes[bucket]!
    if (this.#ended < FEWEST) return
    const isFailing = this.#failed > FAILURES * this.#ended
    this.#ended = this.#failed = 0
    if (isFailing) this.value = clamp(Math.floor(DECREASE * this.value), this.#bounds)
    else if (waited > 0.5) this.value = clamp(this.value + 1, this.#bounds)
  }
}

const clamp = (value: number, { least, most }: Bounds): number => Math.min(most, Math.max(least, value))
