// The store's memory: a few large SharedArrayBuffers of one size, made once at start. Not one per response: V8 collects
// small shared buffers too late (64 MB live over 4 GB of churn took 1.9 GB). A page costs nothing until it is written, so
// making all of them at once takes address space only.

import { HEADER_BYTES, Time, UNIT, Word, tagsAt } from './layout.ts'

/** No stored response is larger than a segment. 256 MiB keeps a segment below what any platform maps in one piece. */
const MAX_SEGMENT_BYTES = 256 * 1024 * 1024
/** Below this there is no point in having a store. */
const MIN_STORE_BYTES = 1024 * 1024

/** Makes the shared memory for `bytes` of stored responses, in segments of one size, whole mebibytes each. */
export function makeSegments(bytes: number): SharedArrayBuffer[] {
  const whole = Math.max(bytes, MIN_STORE_BYTES)
  const count = Math.ceil(whole / MAX_SEGMENT_BYTES)
  const size = Math.max(1, Math.floor(whole / count / MIN_STORE_BYTES)) * MIN_STORE_BYTES
  return Array.from({ length: count }, () => new SharedArrayBuffer(size))
}

/** Views over the segments; every thread has its own. A `ref` counts units over all segments, and 0 is no place. */
export class Segments {
  readonly memory: SharedArrayBuffer[]
  readonly bytes: Uint8Array<SharedArrayBuffer>[]
  readonly words: Int32Array<SharedArrayBuffer>[]
  readonly times: Float64Array<SharedArrayBuffer>[]
  readonly unitsEach: number

  constructor(memory: SharedArrayBuffer[]) {
    this.memory = memory
    this.bytes = memory.map(buffer => new Uint8Array(buffer))
    this.words = memory.map(buffer => new Int32Array(buffer))
    this.times = memory.map(buffer => new Float64Array(buffer))
    this.unitsEach = memory[0]!.byteLength / UNIT
  }

  /** Units over all segments. */
  get units(): number {
    return this.unitsEach * this.memory.length
  }

  segmentOf(ref: number): number {
    return (ref / this.unitsEach) | 0
  }

  /** The ref's first byte within its segment. */
  byteOf(ref: number): number {
    return (ref % this.unitsEach) * UNIT
  }

  word(ref: number, word: number): number {
    return this.words[this.segmentOf(ref)]![(ref % this.unitsEach) * 16 + word]!
  }

  setWord(ref: number, word: number, value: number): void {
    this.words[this.segmentOf(ref)]![(ref % this.unitsEach) * 16 + word] = value
  }

  time(ref: number, time: number): number {
    return this.times[this.segmentOf(ref)]![(ref % this.unitsEach) * 8 + time]!
  }

  setTime(ref: number, time: number, value: number): void {
    this.times[this.segmentOf(ref)]![(ref % this.unitsEach) * 8 + time] = value
  }

  /** The cache key's bytes; shared memory, valid only as long as the ref is (see hazards.ts). */
  key(ref: number): Uint8Array<SharedArrayBuffer> {
    return this.#part(ref, HEADER_BYTES, this.word(ref, Word.keyLength))
  }

  fields(ref: number): Uint8Array<SharedArrayBuffer> {
    return this.#part(ref, HEADER_BYTES + this.word(ref, Word.keyLength), this.word(ref, Word.fieldsLength))
  }

  body(ref: number): Uint8Array<SharedArrayBuffer> {
    const at = HEADER_BYTES + this.word(ref, Word.keyLength) + this.word(ref, Word.fieldsLength)
    return this.#part(ref, at, this.word(ref, Word.bodyLength))
  }

  /** The hashes of its tags. */
  tags(ref: number): Int32Array<SharedArrayBuffer> {
    const length = (word: number): number => this.word(ref, word)
    const at = tagsAt(length(Word.keyLength), length(Word.fieldsLength), length(Word.bodyLength))
    const from = (this.byteOf(ref) + at) / 4
    return this.words[this.segmentOf(ref)]!.subarray(from, from + length(Word.tags))
  }

  /** Is it stale by now, leases left aside? */
  isFresh(ref: number, now: number): boolean {
    return now < this.time(ref, Time.freshUntil)
  }

  #part(ref: number, from: number, length: number): Uint8Array<SharedArrayBuffer> {
    return this.bytes[this.segmentOf(ref)]!.subarray(this.byteOf(ref) + from, this.byteOf(ref) + from + length)
  }
}
