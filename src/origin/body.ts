// The body of an origin server's response on its way to the visitor. It takes what the origin sends at the origin's speed:
// what a slow reader has not taken yet waits in the spool, so that the origin is done with the request and its place in
// the limit is free. Only when the spool has no room, or the response never ends, is the origin held back.

import type { Body, Sink } from '../exchange.ts'
import type { Fields } from '../http/fields.ts'
import { SpoolQueue } from '../spool/queue.ts'
import type { Spool } from '../spool/spool.ts'

/** Memory for one waiting response before the disk, bytes: one read of a socket. */
const MEMORY = 64 * 1024

/** Who sends the body. */
export interface Source {
  /** Send again, after `push` was false. */
  resume(): void
  /** The spool has no room; the origin is held back from now on. */
  full(): void
  /** Nobody wants the rest. */
  cancel(): void
}

export class OriginBody implements Body {
  readonly length: number | undefined
  readonly #source: Source
  readonly #spool: Spool
  /** An event stream: what waits is not worth a file, its sender waits with it. */
  readonly #isLive: boolean
  #sink: Sink | null = null
  #queue: SpoolQueue | null = null
  #isPaused = false
  #isPumping = false
  #isHeld = false
  #end: { trailers: Fields } | { why: Error } | null = null

  constructor(length: number | undefined, source: Source, spool: Spool, isLive: boolean) {
    this.length = length
    this.#source = source
    this.#spool = spool
    this.#isLive = isLive
  }

  /** What the origin sent. False: hold it back until `resume`. */
  push(chunk: Uint8Array): boolean {
    if (this.#sink !== null && !this.#isPaused && (this.#queue === null || this.#queue.isEmpty)) {
      this.#sink.data(chunk)
      return true
    }
    const queue = (this.#queue ??= this.#makeQueue())
    if (this.#isLive || !queue.push(chunk)) {
      queue.force(chunk)
      if (!this.#isLive) this.#source.full()
    }
    this.#isHeld = queue.isFull
    return !this.#isHeld
  }

  /** The origin has sent everything. */
  finish(trailers: Fields): void {
    this.#end = { trailers }
    this.#pump()
  }

  /** The origin will not send the rest. What came is passed on before the visitor is told. */
  fail(why: Error): void {
    this.#end = { why }
    this.#pump()
  }

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

  cancel(): void {
    this.#sink = null
    this.#queue?.discard()
    this.#queue = null
    if (this.#end !== null) return
    this.#end = { trailers: [] }
    this.#source.cancel()
  }

  #makeQueue(): SpoolQueue {
    return new SpoolQueue(this.#spool, MEMORY, this.#spool.download(), {
      readable: () => this.#pump(),
      caughtUp: () => this.#release(),
      failed: why => this.#broken(why),
    })
  }

  #pump(): void {
    if (this.#isPumping || this.#sink === null) return
    this.#isPumping = true
    while (this.#sink !== null && !this.#isPaused && this.#queue !== null) {
      const chunk = this.#queue.next()
      if (chunk === undefined) break
      this.#sink.data(chunk)
    }
    this.#isPumping = false
    if (this.#queue === null || this.#queue.isEmpty) this.#drained()
  }

  /** Nothing waits: the end may be told, or the origin may send again. */
  #drained(): void {
    if (this.#end === null) return this.#release()
    const sink = this.#sink
    if (sink === null || this.#isPaused) return
    this.#sink = null
    if ('why' in this.#end) sink.fail(this.#end.why)
    else sink.end(this.#end.trailers)
  }

  #release(): void {
    if (!this.#isHeld || this.#queue?.isFull === true || this.#end !== null) return
    this.#isHeld = false
    this.#source.resume()
  }

  /** The disk has failed, and with it what waited there. */
  #broken(why: Error): void {
    const sink = this.#sink
    this.cancel()
    sink?.fail(why)
  }
}
