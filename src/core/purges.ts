// Purges that look at every record: what they concern is a question to the key, and they are done in small pieces, so that
// core goes on answering meanwhile. What is stored after a purge began is no part of it.

import { IndexWord } from '../store/index.ts'
import type { StoreIndex } from '../store/index.ts'
import { Flag, Word } from '../store/layout.ts'

/** Records looked at in one step: about 2 ms of core's time. */
const SLICE = 4096

const NO_RESPONSES = Flag.hitForMiss | Flag.variesBy | Flag.coded

/** What is to be purged. */
export interface Purge {
  /** Is this record meant? */
  concerns(ref: number, key: Uint8Array): boolean
  /** What is done with it. */
  act(ref: number): void
  /** Once it is over: the number of responses, and the serial of the last record that it was about. */
  done(count: number, until: number): void
}

interface Walk {
  purge: Purge
  refs: number[]
  until: number
  /** Responses met so far. */
  count: number
}

export class Purges {
  readonly #index: StoreIndex
  readonly #walks: Walk[] = []

  constructor(index: StoreIndex) {
    this.#index = index
  }

  get isUnderWay(): boolean {
    return this.#walks.length > 0
  }

  begin(purge: Purge): void {
    const until = this.#index.words[IndexWord.serial]!
    this.#walks.push({ purge, refs: [...this.#index.refs()], until, count: 0 })
  }

  /** The next piece of the first of them. */
  step(): void {
    const [walk] = this.#walks
    if (walk === undefined) return
    const { segments } = this.#index
    for (const ref of walk.refs.splice(-SLICE)) {
      if (!this.#index.isPublished(ref)) continue
      const isOld = ((segments.word(ref, Word.serial) - walk.until) | 0) <= 0
      if (!isOld || !walk.purge.concerns(ref, segments.key(ref))) continue
      if ((segments.word(ref, Word.flags) & NO_RESPONSES) === 0) walk.count++
      walk.purge.act(ref)
    }
    if (walk.refs.length > 0) return
    this.#walks.shift()
    walk.purge.done(walk.count, walk.until)
  }
}
