// A body that is handed on to several while it still comes: each takes the pieces at its own speed, from those that are kept anyway.

import type { Body, Sink } from '../../exchange.ts'

/** A body as far as it has come. */
export interface Growing {
  readonly pieces: readonly Uint8Array[]
  /** How many of the pieces may be handed on now. */
  readonly open: number
  /** How it ended; undefined while it comes. */
  readonly end: 'whole' | Error | undefined
}

export class Followers {
  readonly #all = new Set<Follower>()
  readonly #growing: Growing
  readonly #left: () => void

  /** `left` is called when one has had the whole, or wants no more. */
  constructor(growing: Growing, left: () => void = () => {}) {
    this.#growing = growing
    this.#left = left
  }

  get size(): number {
    return this.#all.size
  }

  /** The body from its beginning; `length` where it is known beforehand. */
  follow(length: number | undefined): Body {
    const follower: Follower = new Follower(this.#growing, length, () => {
      if (this.#all.delete(follower)) this.#left()
    })
    this.#all.add(follower)
    return follower
  }

  /** There is more, or the end. */
  wake(): void {
    for (const follower of [...this.#all]) follower.wake()
  }
}

class Follower implements Body {
  readonly length: number | undefined
  readonly #growing: Growing
  readonly #left: () => void
  #sink: Sink | undefined
  #given = 0
  #flowing = false
  #done = false

  constructor(growing: Growing, length: number | undefined, left: () => void) {
    this.length = length
    this.#growing = growing
    this.#left = left
  }

  pipe(sink: Sink): void {
    this.#sink = sink
    this.resume()
  }

  pause(): void {
    this.#flowing = false
  }

  resume(): void {
    this.#flowing = true
    this.wake()
  }

  cancel(): void {
    this.#finish()
  }

  wake(): void {
    const growing = this.#growing
    const sink = this.#sink
    if (sink === undefined) return
    while (this.#flowing && !this.#done && this.#given < growing.open) sink.data(growing.pieces[this.#given++]!)
    if (this.#done || growing.end === undefined) return
    if (growing.end === 'whole' && this.#given < growing.pieces.length) return
    this.#finish()
    // Trailers are not stored, so that all who share a response get the same.
    if (growing.end === 'whole') sink.end([])
    else sink.fail(growing.end)
  }

  #finish(): void {
    if (this.#done) return
    this.#done = true
    this.#left()
  }
}
