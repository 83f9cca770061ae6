// The body of a stored response on its way through the slow lane. A small one is copied; a large one flows in pieces
// straight from shared memory, whose place is held until the last piece has been handed on.

import type { Body, Sink } from '../exchange.ts'
import type { Hazards } from '../store/hazards.ts'
import type { Segments } from '../store/segments.ts'

/** Below this a copy is cheaper than holding a place. */
const COPIED = 64 * 1024
/** A piece that is handed on at once. */
const PIECE = 256 * 1024

/** Bytes [from, to) of the body of the record at `ref`, good beyond this turn of the event loop. */
export function recordBody(
  segments: Segments,
  hazards: Hazards,
  ref: number,
  from: number,
  to: number,
): Uint8Array | Body {
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
