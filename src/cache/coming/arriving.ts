// A body that another edge fetches, as it comes out of shared memory: copied once for all who follow it at this edge. The head is
// held from the message that named it on, and core keeps the extents for as long as the head is held.

import type { Body } from '../../exchange.ts'
import { Coming, Ended, extentBytes, load } from '../../store/coming.ts'
import type { Segments } from '../../store/segments.ts'
import { Followers } from './follower.ts'
import type { Growing } from './follower.ts'

export class Arriving implements Growing {
  readonly pieces: Uint8Array[] = []
  end: 'whole' | Error | undefined
  readonly #segments: Segments
  readonly #head: number
  readonly #followers: Followers
  readonly #over: () => void
  #extent: number
  #at = 0
  /** Visitors who may still want to follow. */
  #holders = 0

  /** `over`: nobody follows it any more, and nobody will. */
  constructor(segments: Segments, head: number, over: () => void) {
    this.#segments = segments
    this.#head = head
    this.#extent = head
    this.#over = over
    this.#followers = new Followers(this, () => this.#look())
  }

  get open(): number {
    return this.pieces.length
  }

  hold(): void {
    this.#holders++
  }

  /** A holder does not follow. */
  drop(): void {
    this.#holders--
    this.#look()
  }

  /** A holder follows. */
  follow(length: number | undefined): Body {
    this.#holders--
    return this.#followers.follow(length)
  }

  /** Takes over what has come since. */
  poll(): void {
    if (this.end !== undefined) return
    const ended = load(this.#segments, this.#head, Coming.ended)
    // What is broken may have been given away.
    if (ended === Ended.broken) return this.fail()
    this.#copy()
    if (ended === Ended.whole) this.end = 'whole'
    this.#followers.wake()
  }

  /** Nothing more of it comes. */
  fail(): void {
    this.end ??= new Error('the response that was followed broke off')
    this.#followers.wake()
  }

  #copy(): void {
    for (;;) {
      const filled = this.#extent === this.#head ? 0 : load(this.#segments, this.#extent, Coming.filled)
      if (filled > this.#at) {
        this.pieces.push(Buffer.from(extentBytes(this.#segments, this.#extent).subarray(this.#at, filled)))
        this.#at = filled
      }
      const next = load(this.#segments, this.#extent, Coming.next)
      // The next one is linked only when this one is full; but that may have been after it was read.
      const isFull = this.#extent === this.#head || filled === extentBytes(this.#segments, this.#extent).length
      if (next === 0 || !isFull) return
      this.#extent = next >>> 0
      this.#at = 0
    }
  }

  #look(): void {
    if (this.#holders === 0 && this.#followers.size === 0) this.#over()
  }
}
