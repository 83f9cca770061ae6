// How threads feel, on the board once a second: how long each event loop was held up at worst, and an edge's heap.

import { monitorEventLoopDelay } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import { EdgeWord } from './board.ts'

/** A timer comes due this often, and what it is late by is the delay: 50 short wake-ups a second. */
const RESOLUTION_MS = 20

class LoopDelay {
  readonly #delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })

  constructor() {
    this.#delay.enable()
  }

  /** Microseconds, the worst since the last time it was asked. */
  get worst(): number {
    // Nanoseconds between two firings of the timer, so its own interval is in it. Without one firing it is no number.
    const late = this.#delay.count === 0 ? 0 : Math.max(0, this.#delay.max / 1e3 - RESOLUTION_MS * 1e3)
    this.#delay.reset()
    return Math.round(late)
  }
}

export class Pulse {
  readonly #row: Int32Array<SharedArrayBuffer>
  readonly #delay = new LoopDelay()

  constructor(row: Int32Array<SharedArrayBuffer>) {
    this.#row = row
  }

  /** To be called once a second; tells of the time since the last call. */
  beat(): void {
    Atomics.store(this.#row, EdgeWord.loopDelay, this.#delay.worst)
    Atomics.store(this.#row, EdgeWord.heap, Math.round(getHeapStatistics().used_heap_size / 1024))
  }
}

/** For a thread that is there once: writes its delay to this word of the board's, each second, for as long as the thread lives. */
export function tellDelay(global: Int32Array<SharedArrayBuffer>, word: number): void {
  const delay = new LoopDelay()
  setInterval(() => Atomics.store(global, word, delay.worst), 1000).unref()
}
