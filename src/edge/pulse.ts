// How an edge feels, on its row of the board once a second: how long its event loop was held up at worst, and its heap.

import { monitorEventLoopDelay } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import { EdgeWord } from '../board/board.ts'

/** A timer comes due this often, and what it is late by is the delay: 50 short wake-ups a second. */
const RESOLUTION_MS = 20

export class Pulse {
  readonly #row: Int32Array<SharedArrayBuffer>
  readonly #delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })

  constructor(row: Int32Array<SharedArrayBuffer>) {
    this.#row = row
    this.#delay.enable()
  }

  /** To be called once a second; tells of the time since the last call. */
  beat(): void {
    // Nanoseconds between two firings of the timer, so its own interval is in it. Without one firing it is no number.
    const late = this.#delay.count === 0 ? 0 : Math.max(0, this.#delay.max / 1e3 - RESOLUTION_MS * 1e3)
    this.#delay.reset()
    Atomics.store(this.#row, EdgeWord.loopDelay, Math.round(late))
    Atomics.store(this.#row, EdgeWord.heap, Math.round(getHeapStatistics().used_heap_size / 1024))
  }
}
