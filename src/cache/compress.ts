// Makes the compressed copies of what is stored, once, after it is stored and off the hot path: zlib's functions run on threads of
// their own. One piece of work at a time for each edge, and a bounded queue behind it; what finds it full stays plain.

import { promisify } from 'node:util'
import * as zlib from 'node:zlib'
import type { Coding } from '../http/codings.ts'
import { fillRecord, recordBytes } from '../store/fill.ts'
import type { RecordContent } from '../store/fill.ts'
import type { StoreIndex } from '../store/index.ts'
import { codedSuffix } from '../store/keys.ts'
import { Flag } from '../store/layout.ts'
import { findBySerial } from './lookup.ts'
import type { Plain } from './policy/coding.ts'

/** What the compressor wants of core. */
export interface CoreCopies {
  /** A place of so many bytes, or 0. */
  place(bytes: number): Promise<number>
  /** Puts a copy into the index; settles when that is done. */
  publishCopy(ref: number): Promise<void>
  /** A response stays as it came. */
  countPlain(why: Plain): void
}

/** A response that has just been stored. */
export interface Uncoded {
  /** The whole key, and the serial, of its record. */
  key: string
  serial: number
  /** None where it lies in a file: then the copies that there are stay, and no other is made. */
  pieces: readonly Uint8Array[]
  length: number
  /** Wall clock, milliseconds. */
  storedAt: number
  /** Copies of the same bytes that there are already. */
  copies: ReadonlyMap<Coding, Uint8Array>
}

/** Bodies that wait, bytes: private memory of an edge. 32 MiB are 655 pages of 50 KiB. */
const MOST_WAITING = 32 * 1024 * 1024
/** A copy that is not at least a tenth smaller is not worth its place. */
const WORTH = 0.9

/** The middle of each coder's settings: made once, but for many pages in an hour when everybody comes. */
const coders: Partial<Record<Coding, (bytes: Uint8Array) => Promise<Uint8Array>>> = {
  br: bytes =>
    promisify(zlib.brotliCompress)(bytes, {
      params: {
        [zlib.constants.BROTLI_PARAM_QUALITY]: 6,
        [zlib.constants.BROTLI_PARAM_MODE]: zlib.constants.BROTLI_MODE_TEXT,
        [zlib.constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
      },
    }),
  gzip: bytes => promisify(zlib.gzip)(bytes, { level: 6 }),
  zstd: bytes => promisify(zlib.zstdCompress)(bytes, { params: { [zlib.constants.ZSTD_c_compressionLevel]: 6 } }),
}
// Node has it from 22.15 on.
if (typeof zlib.zstdCompress !== 'function') delete coders.zstd

export class Compressor {
  readonly #index: StoreIndex
  readonly #core: CoreCopies
  readonly #codings: () => readonly Coding[]
  readonly #queue: Uncoded[] = []
  #bytes = 0
  #isRunning = false

  /** `codings`: those to make copies in. */
  constructor(index: StoreIndex, core: CoreCopies, codings: () => readonly Coding[]) {
    this.#index = index
    this.#core = core
    this.#codings = codings
  }

  /** Makes the copies of a response when their turn comes. */
  add(response: Uncoded): void {
    if (this.#bytes + response.length > MOST_WAITING) return this.#core.countPlain('busy')
    this.#bytes += response.length
    this.#queue.push(response)
    if (!this.#isRunning) void this.#run()
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      const bytes = next.pieces.length === 1 ? next.pieces[0]! : Buffer.concat(next.pieces)
      let shrinks = false
      for (const coding of this.#codings()) shrinks = (await this.#copy(next, bytes, coding)) || shrinks
      if (!shrinks) this.#core.countPlain('no-gain')
      this.#bytes -= next.length
    }
    this.#isRunning = false
  }

  /** False where the copy is not worth its place. */
  async #copy(response: Uncoded, bytes: Uint8Array, coding: Coding): Promise<boolean> {
    if (!this.#isStill(response)) return true
    const coder = response.pieces.length === 0 ? undefined : coders[coding]
    const body = response.copies.get(coding) ?? (await coder?.(bytes).catch(() => undefined))
    if (body === undefined || body.length > response.length * WORTH) return false
    // Another one may stand in its place by now.
    if (!this.#isStill(response)) return true
    const content = contentOf(response, coding, body)
    const ref = await this.#core.place(recordBytes(content))
    if (ref === 0) return true
    fillRecord(this.#index.segments, ref, content)
    await this.#core.publishCopy(ref)
    return true
  }

  #isStill({ key, serial }: Uncoded): boolean {
    return findBySerial(this.#index, key, serial) !== 0
  }
}

/** It never goes stale by itself: whether it may be sent is asked of the record that it was made from. */
const contentOf = ({ key, serial, storedAt }: Uncoded, coding: Coding, body: Uint8Array): RecordContent => ({
  ...{ key: Buffer.from(key + codedSuffix(serial, coding), 'latin1'), lines: new Uint8Array(0) },
  ...{ body: [body], bodyLength: body.length, status: 0, flags: Flag.coded, storedAt, ageBase: storedAt },
  ...{ freshUntil: Infinity, revalidateUntil: Infinity, errorUntil: Infinity },
})
