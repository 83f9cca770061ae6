// Which stored response goes first when room is needed: SIEVE (Zhang, Yang, Yue, Vigfusson, Rashmi: "SIEVE is Simpler
// than LRU", NSDI 2024). One queue from oldest to newest and a hand that walks towards the newest: a record that was hit
// since the hand passed keeps its place and loses its mark, the first without a mark is the victim. A hit moves nothing,
// it only sets Word.visited, which any edge can do. The links lie in the records; core alone writes them.

import { Word } from '../store/layout.ts'
import type { Segments } from '../store/segments.ts'

/** After so many marked records in a row the next goes anyway: 4096 cache misses of 100 ns are 0.4 ms of core's time. */
const MAX_STEPS = 4096

export class Sieve {
  readonly #segments: Segments
  #oldest = 0
  #newest = 0
  #hand = 0
  #count = 0

  constructor(segments: Segments) {
    this.#segments = segments
  }

  get count(): number {
    return this.#count
  }

  /** Puts a record at the newest end. */
  add(ref: number): void {
    const segments = this.#segments
    segments.setWord(ref, Word.older, this.#newest | 0)
    segments.setWord(ref, Word.newer, 0)
    if (this.#newest === 0) this.#oldest = ref
    else segments.setWord(this.#newest, Word.newer, ref | 0)
    this.#newest = ref
    this.#count++
  }

  /** Puts a record at the oldest end: of those read back from disk the newest come first. */
  addOldest(ref: number): void {
    const segments = this.#segments
    segments.setWord(ref, Word.older, 0)
    segments.setWord(ref, Word.newer, this.#oldest | 0)
    if (this.#oldest === 0) this.#newest = ref
    else segments.setWord(this.#oldest, Word.older, ref | 0)
    this.#oldest = ref
    this.#count++
  }

  remove(ref: number): void {
    const segments = this.#segments
    const [older, newer] = [segments.word(ref, Word.older) >>> 0, segments.word(ref, Word.newer) >>> 0]
    if (older === 0) this.#oldest = newer
    else segments.setWord(older, Word.newer, newer | 0)
    if (newer === 0) this.#newest = older
    else segments.setWord(newer, Word.older, older | 0)
    if (this.#hand === ref) this.#hand = newer
    this.#count--
  }

  /** The record that should go next, 0 when there is none. The hand is moved past it; it stays in the queue. */
  victim(): number {
    const segments = this.#segments
    let ref = this.#hand === 0 ? this.#oldest : this.#hand
    for (let step = 0; step < MAX_STEPS && ref !== 0 && segments.word(ref, Word.visited) !== 0; step++) {
      segments.setWord(ref, Word.visited, 0)
      const newer = segments.word(ref, Word.newer) >>> 0
      ref = newer === 0 ? this.#oldest : newer
    }
    if (ref !== 0) this.#hand = segments.word(ref, Word.newer) >>> 0
    return ref
  }
}
