// Writes a body that comes into shared memory, for those who wait for it at other edges: extent by extent, as fast as it comes.

import type { Body, Sink } from '../../exchange.ts'
import { Coming, Ended, extentBytes, store } from '../../store/coming.ts'
import { HEADER_BYTES } from '../../store/layout.ts'
import type { Segments } from '../../store/segments.ts'

/** What the writer wants of core. */
export interface ComingPlaces {
  /** A place of so many bytes, or 0. */
  extent(bytes: number): Promise<number>
  /** The head's place, and after it those of the extents, are not written to any more. */
  closeComing(refs: number[]): void
}

/** Bytes of an extent: small first, since most bodies are, then larger. */
const LEAST = 64 * 1024
const MOST = 512 * 1024

export class Writer implements Sink {
  readonly #segments: Segments
  readonly #core: ComingPlaces
  readonly #refs: number[]
  readonly #queue: Uint8Array[] = []
  #extent: Uint8Array = new Uint8Array(0)
  #filled = 0
  #size = LEAST
  #end: number = Ended.not
  #isRunning = false
  #isStopped = false
  readonly #done: () => void

  /** `head` is the place of the head; `done` is called once nothing more is written. */
  constructor(segments: Segments, core: ComingPlaces, head: number, body: Body, done: () => void) {
    this.#segments = segments
    this.#core = core
    this.#refs = [head]
    this.#done = done
    body.pipe(this)
  }

  data(chunk: Uint8Array): void {
    this.#queue.push(chunk)
    void this.#run()
  }

  end(): void {
    this.#end = Ended.whole
    void this.#run()
  }

  fail(): void {
    this.#end = Ended.broken
    void this.#run()
  }

  /** A new core gives the places away: nothing is written any more. */
  stop(): void {
    this.#isStopped = true
    this.#queue.length = 0
  }

  async #run(): Promise<void> {
    if (this.#isRunning || this.#isStopped) return
    this.#isRunning = true
    for (let piece = this.#queue.shift(); piece !== undefined; piece = this.#queue.shift()) await this.#write(piece)
    this.#isRunning = false
    if (this.#end !== Ended.not) this.#close()
  }

  async #write(piece: Uint8Array): Promise<void> {
    for (let at = 0; at < piece.length && !this.#isStopped;) {
      if (this.#filled === this.#extent.length && !(await this.#extend())) return
      const some = piece.subarray(at, at + this.#extent.length - this.#filled)
      this.#extent.set(some, this.#filled)
      at += some.length
      this.#filled += some.length
      store(this.#segments, this.#refs.at(-1)!, Coming.filled, this.#filled)
    }
  }

  /** One extent more; false when there is no room for it, and those who follow are cut off. */
  async #extend(): Promise<boolean> {
    const ref = await this.#core.extent(HEADER_BYTES + this.#size)
    if (this.#isStopped) return false
    if (ref === 0) {
      this.#end = Ended.broken
      this.#queue.length = 0
      return false
    }
    const last = this.#refs.at(-1)!
    this.#refs.push(ref)
    this.#extent = extentBytes(this.#segments, ref)
    this.#filled = 0
    this.#size = MOST
    store(this.#segments, last, Coming.next, ref)
    return true
  }

  #close(): void {
    if (this.#isStopped) return
    this.stop()
    store(this.#segments, this.#refs[0]!, Coming.ended, this.#end)
    this.#core.closeComing(this.#refs)
    this.#done()
  }
}
