// A body that goes two ways: to the visitor, and into the store. The store takes it at the origin's speed whatever the
// visitor does, and goes on when the visitor has gone; so the visitor's side is fed from the pieces that are kept anyway.
// What completes the body is given when the whole is stored: whoever has had all of it may ask again, and is answered by it.

import type { Body, Sink } from '../exchange.ts'
import type { Fields } from '../http/fields.ts'
import { Followers } from './coming/follower.ts'
import type { Growing } from './coming/follower.ts'

/** A body that came to its end. */
export interface Whole {
  pieces: readonly Uint8Array[]
  length: number
  /** What stands in a record for a body that lies in a file: then there are no pieces. */
  onDisk?: Uint8Array
}

/** How a body ended, as far as storing goes. */
export type Settled = Whole | 'cut-short' | 'too-large'

const TOO_LARGE = new Error('the body is too large to be shared')

export class Tee implements Body, Growing {
  readonly length: number | undefined
  readonly #source: Body
  readonly #most: number
  readonly #settled: (how: Settled) => Promise<void>
  readonly #pieces: Uint8Array[] = []
  #kept = 0
  #sink: Sink | undefined
  /** Pieces that the visitor has been given. */
  #given = 0
  #flowing = false
  #gone = false
  /** More came than may be kept: from here on the pieces go through to the visitor, at the visitor's speed. */
  #through = false
  #end: { trailers: Fields } | { error: Error } | undefined
  /** All has come, and is on its way into the store. */
  #storing = false
  /** Others who asked for the same. */
  readonly #followers = new Followers(this)

  /**
   * `settled` is told once: the whole body, or that it was cut short, or that it is longer than `most` bytes. The visitor has
   * the end of a whole body when the promise is fulfilled; it must not be rejected.
   */
  constructor(source: Body, most: number, settled: (how: Settled) => Promise<void>) {
    this.length = source.length
    this.#source = source
    this.#most = most
    this.#settled = settled
    source.pipe({
      data: chunk => this.#onData(chunk),
      end: trailers => this.#onEnd(trailers),
      fail: error => this.#onFail(error),
    })
  }

  pipe(sink: Sink): void {
    this.#sink = sink
    this.#flowing = true
    this.#give()
  }

  /** The body once more, for somebody who waits for it; cut short where it turns out too large to be stored. */
  follow(): Body {
    return this.#followers.follow(this.length)
  }

  get pieces(): readonly Uint8Array[] {
    return this.#pieces
  }

  get open(): number {
    return this.#isComplete() ? this.#pieces.length - 1 : this.#pieces.length
  }

  get end(): 'whole' | Error | undefined {
    if (this.#through) return TOO_LARGE
    if (this.#end === undefined || this.#storing) return undefined
    return 'error' in this.#end ? this.#end.error : 'whole'
  }

  pause(): void {
    this.#flowing = false
    if (this.#through) this.#source.pause()
  }

  resume(): void {
    this.#flowing = true
    this.#give()
    if (this.#through && this.#flowing) this.#source.resume()
  }

  /** The visitor has gone; what is worth storing goes on. */
  cancel(why: Error): void {
    this.#gone = true
    if (this.#through) this.#source.cancel(why)
  }

  #onData(chunk: Uint8Array): void {
    this.#pieces.push(chunk)
    this.#kept += chunk.length
    if (!this.#through && this.#kept > this.#most) this.#giveUpStoring()
    this.#give()
  }

  #giveUpStoring(): void {
    this.#through = true
    void this.#settled('too-large')
    if (this.#gone) this.#source.cancel(new Error('the visitor has gone and the body is too large to be stored'))
    else if (!this.#flowing) this.#source.pause()
  }

  #onEnd(trailers: Fields): void {
    this.#end = { trailers }
    if (this.#through) this.#give()
    else void this.#store()
  }

  async #store(): Promise<void> {
    this.#storing = true
    await this.#settled({ pieces: this.#pieces, length: this.#kept })
    this.#storing = false
    this.#give()
  }

  #onFail(error: Error): void {
    this.#end = { error }
    if (!this.#through) void this.#settled('cut-short')
    this.#give()
  }

  /** Hands the visitor what it has not had yet, as long as it takes it. */
  #give(): void {
    this.#followers.wake()
    if (this.#gone || this.#sink === undefined) return
    while (this.#flowing && this.#given < this.#pieces.length && !this.#isLast()) this.#sink.data(this.#next())
    if (this.#end === undefined || this.#storing || this.#given < this.#pieces.length || this.#gone) return
    this.#gone = true
    if ('error' in this.#end) this.#sink.fail(this.#end.error)
    else this.#sink.end(this.#end.trailers)
  }

  #isLast(): boolean {
    return this.#isComplete() && this.#given === this.#pieces.length - 1
  }

  /** All has come, as its length tells, and the whole is not stored yet. */
  #isComplete(): boolean {
    return this.#storing || (this.#end === undefined && !this.#through && this.#kept === this.length)
  }

  #next(): Uint8Array {
    const piece = this.#pieces[this.#given]!
    if (!this.#through) {
      this.#given++
      return piece
    }
    // Nothing is kept any more: what was given is let go.
    this.#pieces.splice(0, this.#given + 1)
    this.#given = 0
    return piece
  }
}
