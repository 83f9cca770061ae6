// The slow lane's share of the board: one outcome for each request, its latency, bytes and time-outs.

import { latencyBucket } from '../../board/board.ts'
import { counterIndex, type CounterName, type Outcome } from '../../board/counters.ts'

export class Tally {
  readonly #counters: Int32Array
  readonly #latency: Int32Array

  constructor(counters: Int32Array, latency: Int32Array) {
    this.#counters = counters
    this.#latency = latency
  }

  /** A request is taken up. */
  begin(): void {
    this.add('begun', 1)
    this.add('open', 1)
  }

  /** A request has ended after `ms` milliseconds. Streams last as long as they like, so their latency says nothing. */
  request(outcome: Outcome, ms: number): void {
    this.add('open', -1)
    this.add(outcome, 1)
    if (outcome !== 'stream') Atomics.add(this.#latency, latencyBucket(ms * 1000), 1)
  }

  add(counter: CounterName, by: number): void {
    if (by !== 0) Atomics.add(this.#counters, counterIndex[counter], by)
  }
}
