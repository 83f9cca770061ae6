// What the fast lane counts, on the edge's row of the board.

import { Latency, latencyBucket } from '../../board/board.ts'
import type { Board } from '../../board/board.ts'
import { counterIndex } from '../../board/counters.ts'
import type { Score } from '../../board/scores.ts'
import type { Clock } from '../../base/clock.ts'
import type { Prepared } from './hits.ts'

/**
 * Adds to a word that this thread alone writes: no lock is taken, which costs a hit less than everything else that is counted of it. Words of
 * 32 bits are never read half written.
 */
function add(row: Int32Array<SharedArrayBuffer>, word: number, amount: number): void {
  row[word] = (row[word]! + amount) | 0
}

export class FastCount {
  readonly #row: Int32Array<SharedArrayBuffer>
  readonly #latency: Int32Array<SharedArrayBuffer>
  readonly #clock: Clock

  constructor(board: Board, slot: number, clock: Clock) {
    this.#row = board.edge(slot)
    this.#latency = board.latency(slot, Latency.fastLane)
    this.#clock = clock
  }

  /** Of requests that the fast lane answers; the slow lane counts its own. */
  bytesIn(bytes: number): void {
    add(this.#row, counterIndex.bytesIn, bytes)
  }

  /** A request can be answered. */
  begun(): void {
    add(this.#row, counterIndex.begun, 1)
  }

  /** An answer of so many bytes was written; its request had come at `started`, monotonic ms. */
  answered(
    { stale, poll, route }: Pick<Prepared, 'stale' | 'poll' | 'route'>,
    bytes: number,
    started: number,
    score: Pick<Score, 'good'>,
  ): void {
    const row = this.#row
    if (poll === true) add(row, counterIndex.polls, 1)
    add(row, poll === true ? counterIndex.own : stale ? counterIndex.stale : counterIndex.hit, 1)
    add(row, counterIndex.fastLane, 1)
    add(row, counterIndex.bytesOut, bytes)
    add(row, counterIndex.bytesSaved, bytes)
    const ms = this.#clock.monotonic() - started
    add(this.#latency, latencyBucket(ms * 1000), 1)
    score.good(ms)
    route.hits++
    route.bytes += bytes
  }

  /** The connection broke before the client had taken what was counted as answered. */
  cut(): void {
    Atomics.add(this.#row, counterIndex.cut, 1)
  }

  accepted(): void {
    Atomics.add(this.#row, counterIndex.accepted, 1)
    Atomics.add(this.#row, counterIndex.connections, 1)
  }

  closed(): void {
    Atomics.sub(this.#row, counterIndex.connections, 1)
  }

  overConnections(): void {
    Atomics.add(this.#row, counterIndex.overConnections, 1)
  }

  denied(): void {
    Atomics.add(this.#row, counterIndex.denied, 1)
  }

  tooMany(): void {
    Atomics.add(this.#row, counterIndex.tooMany, 1)
  }

  unannounced(): void {
    Atomics.add(this.#row, counterIndex.unannounced, 1)
  }

  timedOut(): void {
    Atomics.add(this.#row, counterIndex.timedOut, 1)
  }

  /** A head that did not become whole in time was answered so. */
  refused(): void {
    this.begun()
    Atomics.add(this.#row, counterIndex.refused, 1)
  }
}
