// How a body lies in shared memory while it still comes: a record without body at its head, and behind it extents that the fetching
// edge fills one after the other. Words that mean something to core only in published records mean here, live:

import { HEADER_BYTES, UNIT, Word } from './layout.ts'
import type { Segments } from './segments.ts'

/** Words of the head, and of each extent. */
export const Coming = {
  /** The place of the next extent, 0 while there is none. */
  next: Word.older,
  /** Bytes of this extent that are there. */
  filled: Word.newer,
  /** Of the head: see Ended. */
  ended: Word.visited,
} as const

export const Ended = { not: 0, whole: 1, broken: 2 } as const

/** The bytes of the extent at `ref`. */
export function extentBytes(segments: Segments, ref: number): Uint8Array<SharedArrayBuffer> {
  const from = segments.byteOf(ref)
  const length = segments.word(ref, Word.units) * UNIT
  return segments.bytes[segments.segmentOf(ref)]!.subarray(from + HEADER_BYTES, from + length)
}

export const load = (segments: Segments, ref: number, word: number): number =>
  Atomics.load(segments.words[segments.segmentOf(ref)]!, segments.byteOf(ref) / 4 + word)

export function store(segments: Segments, ref: number, word: number, value: number): void {
  Atomics.store(segments.words[segments.segmentOf(ref)]!, segments.byteOf(ref) / 4 + word, value)
}
