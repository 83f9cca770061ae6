// A request body that has been taken in whole: what is sent to the origin server is read from here, at the origin's own
// speed, while the visitor's connection has nothing to do with it any more.

import type { Body, Sink } from '../exchange.ts'
import { SpoolQueue } from './queue.ts'
import type { Spool } from './spool.ts'

export class StoredBody implements Body, Sink {
  readonly #queue: SpoolQueue
  readonly #most: number
  #length = 0
  #isWhole = false
  #sink: Sink | null = null
  #source: Body | null = null
  #taken: (how: Taken) => void = () => {}
  #isPaused = false

  /** Takes `most` bytes at most, of which `memory` at most stay in memory. */
  constructor(spool: Spool, bounds: { memory: number; most: number }) {
    this.#most = bounds.most
    this.#queue = new SpoolQueue(spool, bounds.memory, spool.uploads, {
      readable: () => this.#pump(),
      caughtUp: () => this.#source?.resume(),
      failed: why => this.#broken(why),
    })
  }

  /** Takes the visitor's body in, and tells how that ended. Once only. */
  takeIn(source: Body): Promise<Taken> {
    this.#source = source
    return new Promise(resolve => {
      this.#taken = resolve
      source.pipe(this)
    })
  }

  get length(): number {
    return this.#length
  }

  /** The whole body, where it fitted into memory and was not read yet. */
  get bytes(): Uint8Array | undefined {
    return this.#queue.bytes
  }

  // As a sink of the visitor's body.

  data(chunk: Uint8Array): void {
    if (this.#source === null || chunk.length === 0) return
    this.#length += chunk.length
    if (this.#length > this.#most) this.#refuse('body-too-large')
    else if (!this.#queue.push(chunk)) this.#refuse('spool-full')
    else if (this.#queue.isFull) this.#source.pause()
  }

  end(): void {
    if (this.#source === null) return
    this.#source = null
    this.#isWhole = true
    this.#taken('whole')
  }

  fail(): void {
    if (this.#source === null) return
    this.#source = null
    this.#queue.discard()
    this.#taken('cut-short')
  }

  // As the body that the origin gets.

  pipe(sink: Sink): void {
    this.#sink = sink
    this.#pump()
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    this.#pump()
  }

  /** Also how whoever sent `bytes` gives the memory back. */
  cancel(): void {
    this.#sink = null
    this.#queue.discard()
  }

  #pump(): void {
    while (this.#sink !== null && !this.#isPaused) {
      const chunk = this.#queue.next()
      if (chunk !== undefined) this.#sink.data(chunk)
      else if (!this.#isWhole || !this.#queue.isEmpty) return
      else {
        const sink = this.#sink
        this.#sink = null
        sink.end([])
      }
    }
  }

  #refuse(why: 'body-too-large' | 'spool-full'): void {
    const source = this.#source
    this.#source = null
    this.#queue.discard()
    source?.cancel(new Error(why))
    this.#taken(why)
  }

  /** The disk failed: before the body is whole it counts as full, afterwards the origin's request cannot be finished. */
  #broken(why: Error): void {
    if (this.#source !== null) return this.#refuse('spool-full')
    const sink = this.#sink
    this.cancel()
    sink?.fail(why)
  }
}

/** How taking a body in has ended. */
export type Taken = 'whole' | 'cut-short' | 'body-too-large' | 'spool-full'
