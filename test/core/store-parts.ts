// What the tests of core's store share: a small store in memory, edges that are rows on the board, and records as an edge
// would write them.

import { Board, EdgeWord, GlobalWord } from '../../src/board/board.ts'
import { Epochs } from '../../src/core/epochs.ts'
import { Shelf } from '../../src/core/shelf.ts'
import { hazardBytes } from '../../src/store/hazards.ts'
import { IndexWord, StoreIndex, indexBytes } from '../../src/store/index.ts'
import { hashKey } from '../../src/store/keys.ts'
import { HEADER_BYTES, Word } from '../../src/store/layout.ts'
import { Segments, makeSegments } from '../../src/store/segments.ts'

export const key = (text: string): Uint8Array => Buffer.from(text, 'latin1')

export class SmallStore {
  readonly board = new Board()
  readonly segments: Segments
  readonly index: StoreIndex
  readonly hazards = new SharedArrayBuffer(hazardBytes())
  shelf: Shelf

  /** `serving`: edges that serve, from slot 0. */
  constructor(mebibytes: number, { serving = 0, records = 4096 } = {}) {
    this.segments = new Segments(makeSegments(mebibytes * 1024 * 1024))
    this.index = new StoreIndex(new SharedArrayBuffer(indexBytes(records)), this.segments)
    this.index.words[IndexWord.seed] = 12345
    for (let slot = 0; slot < serving; slot++) this.board.edge(slot)[EdgeWord.alive] = 1
    this.shelf = this.#newShelf()
  }

  /** Core has died, and a new one stands in its place. */
  restart(): void {
    this.shelf = this.#newShelf()
  }

  #newShelf(): Shelf {
    const { board, segments, index, hazards } = this
    return new Shelf({ segments, index, hazards, epochs: new Epochs(board, () => {}), edges: () => 4 })
  }

  /** The edge handles the epoch message: it holds nothing older. */
  acknowledge(slot: number): void {
    this.board.edge(slot)[EdgeWord.epoch] = this.board.global[GlobalWord.epoch]!
  }

  /** Takes a place and writes a record with a body of `bytes` of `fill`; returns 0 where there is no room. */
  fill(text: string, bytes: number, { slot = 0, fill = 1, flags = 0 } = {}): number {
    const written = key(text)
    const ref = this.shelf.take(slot, HEADER_BYTES + written.length + bytes)
    if (ref === 0) return 0
    this.segments.setWord(ref, Word.keyLength, written.length)
    this.segments.setWord(ref, Word.bodyLength, bytes)
    this.segments.setWord(ref, Word.flags, flags)
    this.segments.key(ref).set(written)
    this.segments.body(ref).fill(fill)
    return ref
  }

  store(text: string, bytes: number, more: { slot?: number; fill?: number; flags?: number } = {}): number {
    const ref = this.fill(text, bytes, more)
    return ref !== 0 && this.shelf.publish(more.slot ?? 0, ref) ? ref : 0
  }

  find(text: string): number {
    const bytes = key(text)
    return this.index.find(hashKey(this.index.seed, bytes), new Uint8Array(0), bytes, 0, bytes.length)
  }
}
