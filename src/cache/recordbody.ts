// The body of a stored response on its way through the slow lane. A small one is copied; a larger one flows in pieces
// straight from shared memory, whose place is held until the last piece has been handed on, or from its file.

import type { LargeBody } from '../large/body.ts'
import type { Body, Exchange, Sink } from '../exchange.ts'
import type { Hazards } from '../store/hazards.ts'
import { Flag, Word } from '../store/layout.ts'
import type { Segments } from '../store/segments.ts'
import type { Cache } from './types.ts'

/** Below this a copy is cheaper than holding a place. */
const COPIED = 64 * 1024
/** A piece that is handed on at once. */
const PIECE = 256 * 1024

/** Bytes [from, to) of the body of the record at `ref`, wherever it lies, good beyond this turn of the event loop. */
export function bodyOf(cache: Cache, exchange: Exchange, ref: number, from: number, to: number): Uint8Array | Body {
  const { segments } = cache.index
  const isOnDisk = (segments.word(ref, Word.flags) & Flag.onDisk) !== 0
  return isOnDisk ? largeBody(cache, exchange, ref, from, to) : recordBody(segments, cache.hazards, ref, from, to)
}

/** The file stays at least until it is open, since the record is held so long. A damaged one makes the record go. */
function largeBody(cache: Cache, { key }: Exchange, ref: number, from: number, to: number): LargeBody {
  const handle = cache.hazards.hold(ref)
  const damaged = (): void => {
    cache.core.countDamaged()
    void cache.core.invalidate([key!])
  }
  const opened = (): void => (handle === -1 ? undefined : cache.hazards.release(handle))
  return cache.large.read(cache.index.segments.body(ref), from, to, opened, damaged)
}

function recordBody(segments: Segments, hazards: Hazards, ref: number, from: number, to: number): Uint8Array | Body {
  const bytes = segments.body(ref).subarray(from, to)
  if (bytes.length <= COPIED) return Buffer.from(bytes)
  const handle = hazards.hold(ref)
  return handle === -1 ? Buffer.from(bytes) : new RecordBody(bytes, () => hazards.release(handle))
}

class RecordBody implements Body {
  readonly length: number
  readonly #bytes: Uint8Array
  readonly #release: () => void
  #sink: Sink | undefined
  #at = 0
  #flowing = false
  #done = false

  constructor(bytes: Uint8Array, release: () => void) {
    this.#bytes = bytes
    this.length = bytes.length
    this.#release = release
  }

  pipe(sink: Sink): void {
    this.#sink = sink
    this.#flowing = true
    this.#flow()
  }

  pause(): void {
    this.#flowing = false
  }

  resume(): void {
    if (this.#flowing || this.#done) return
    this.#flowing = true
    this.#flow()
  }

  cancel(): void {
    this.#finish()
  }

  /** Pieces are copied: the sink may keep them for a slow reader, longer than the place is held. */
  #flow(): void {
    while (this.#flowing && !this.#done && this.#at < this.#bytes.length) {
      const piece = Buffer.from(this.#bytes.subarray(this.#at, this.#at + PIECE))
      this.#at += piece.length
      this.#sink!.data(piece)
    }
    if (this.#done || this.#at < this.#bytes.length) return
    this.#finish()
    this.#sink!.end([])
  }

  #finish(): void {
    if (this.#done) return
    this.#done = true
    this.#release()
  }
}
