// What a visitor sends on a connection of HTTP/2, frame by frame. Heads are unpacked here, all of them, since each changes the table of the
// next; what is not answered here goes on to nghttp2 as it came, heads in a form that needs no table. A fault that nghttp2 would not see
// ends the connection here (RFC 9113 section 5.4.1).

import { CompressionError, Decoder } from './hpack.ts'
import type { Field } from './hpack.ts'
import { encodeFields } from './encode.ts'
import {
  Code,
  FRAME_HEAD,
  Flags,
  MOST_PAYLOAD,
  Setting,
  Type,
  frameHeads,
  lengthAt,
  word31At,
  writeHead,
} from './frames.ts'
import { TABLE_BYTES } from './hpack.ts'

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
const EMPTY = Buffer.alloc(0)
/** Frames that one head may be cut into, however small: 64 times 16 KiB hold the largest that anybody may allow. */
const MOST_PIECES = 64

/** What the connection does with what was read. */
export interface Taker {
  /** A new stream with this head and nothing behind it. False: it goes on to nghttp2. */
  answer(stream: number, fields: Field[], bytes: number): boolean
  /** Bytes for nghttp2. */
  forward(bytes: Buffer): void
  /** A new stream goes to nghttp2, or what is on it ends from the visitor's side or is given up. */
  opened(stream: number): void
  ended(stream: number): void
  reset(stream: number): void
  /** Whether nghttp2 has it open. */
  isOpen(stream: number): boolean
  /** The visitor takes so many bytes more, of all streams together. */
  widened(bytes: number): void
  settled(setting: number, value: number): void
  /** The connection ends for this code. */
  fail(code: number): void
}

export class Incoming {
  readonly #taker: Taker
  /** Bytes of a head, unpacked, as each of its fields counts (RFC 9113 section 6.5.2). */
  readonly #mostHead: () => number
  readonly #decoder = new Decoder()
  #rest: Buffer = EMPTY
  #isGreeted = false
  #hasFailed = false
  /** The greatest number of a stream so far. */
  last = 0
  /** A head whose end has not come. */
  #begun: { readonly stream: number; readonly ends: boolean; readonly pieces: Buffer[]; bytes: number } | undefined

  constructor(taker: Taker, mostHead: () => number) {
    this.#taker = taker
    this.#mostHead = mostHead
  }

  read(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    let at = this.#isGreeted ? 0 : this.#greeted(bytes)
    while (!this.#hasFailed && this.#isGreeted && bytes.length - at >= FRAME_HEAD) {
      const length = lengthAt(bytes, at)
      if (length > MOST_PAYLOAD) return this.#fail(Code.frameSizeError)
      const end = at + FRAME_HEAD + length
      if (end > bytes.length) break
      this.#frame(bytes, at, end)
      at = end
    }
    this.#rest = this.#hasFailed || at === bytes.length ? EMPTY : bytes.subarray(at)
  }

  /** The first bytes are the same for everyone (section 3.4). */
  #greeted(bytes: Buffer): number {
    const length = Math.min(bytes.length, PREFACE.length)
    if (bytes.compare(PREFACE, 0, length, 0, length) !== 0) {
      this.#fail(Code.protocolError)
      return 0
    }
    if (length < PREFACE.length) return 0
    this.#isGreeted = true
    this.#taker.forward(PREFACE)
    return length
  }

  #frame(bytes: Buffer, at: number, end: number): void {
    const [type, flags, stream] = [bytes[at + 3]!, bytes[at + 4]!, word31At(bytes, at + 5)]
    const from = at + FRAME_HEAD
    if ((this.#begun !== undefined) !== (type === Type.continuation)) return this.#fail(Code.protocolError)
    switch (type) {
      case Type.headers:
        return this.#headers(bytes, from, end, flags, stream)
      case Type.continuation:
        return this.#continuation(bytes, from, end, flags, stream)
      // Obsolete (section 5.3.2).
      case Type.priority:
        return
      case Type.windowUpdate:
        if (stream === 0) return this.#widened(bytes, from, end)
        return this.#ofStream(bytes, at, end, stream)
      case Type.reset:
        this.#ofStream(bytes, at, end, stream)
        return this.#taker.reset(stream)
      case Type.data:
        this.#taker.forward(bytes.subarray(at, end))
        if (flags & Flags.endStream) this.#taker.ended(stream)
        return
      case Type.settings:
        if (stream === 0 && !(flags & Flags.ack)) this.#settings(bytes, from, end)
        return this.#taker.forward(bytes.subarray(at, end))
      default:
        return this.#taker.forward(bytes.subarray(at, end))
    }
  }

  /** On a stream that was answered here, or is closed by now, it says nothing any more; on one that never was it is a fault. */
  #ofStream(bytes: Buffer, at: number, end: number, stream: number): void {
    if (stream === 0 || stream > this.last) this.#fail(Code.protocolError)
    else if (this.#taker.isOpen(stream)) this.#taker.forward(bytes.subarray(at, end))
  }

  #headers(bytes: Buffer, from: number, end: number, flags: number, stream: number): void {
    let [begin, padding] = [from, 0]
    if (flags & Flags.padded) padding = bytes[begin++] ?? 0
    if (flags & Flags.priority) begin += 5
    if (stream === 0 || begin + padding > end) return this.#fail(Code.protocolError)
    const ends = (flags & Flags.endStream) !== 0
    if (flags & Flags.endHeaders) return this.#head(stream, ends, bytes, begin, end - padding)
    this.#begun = { stream, ends, pieces: [], bytes: 0 }
    this.#piece(bytes.subarray(begin, end - padding))
  }

  #continuation(bytes: Buffer, from: number, end: number, flags: number, stream: number): void {
    const begun = this.#begun!
    if (stream !== begun.stream) return this.#fail(Code.protocolError)
    this.#piece(bytes.subarray(from, end))
    if (!(flags & Flags.endHeaders) || this.#hasFailed) return
    this.#begun = undefined
    const whole = Buffer.concat(begun.pieces)
    this.#head(stream, begun.ends, whole, 0, whole.length)
  }

  /** A head that never ends (CVE-2024-27316) does here. */
  #piece(piece: Buffer): void {
    const begun = this.#begun!
    begun.pieces.push(piece)
    begun.bytes += piece.length
    if (begun.pieces.length > MOST_PIECES || begun.bytes > this.#mostHead()) this.#fail(Code.enhanceYourCalm)
  }

  #head(stream: number, ends: boolean, bytes: Buffer, from: number, to: number): void {
    let fields: Field[]
    try {
      fields = this.#decoder.decode(bytes, from, to, this.#mostHead())
    } catch (error) {
      return this.#fail(error instanceof CompressionError ? Code.compressionError : Code.enhanceYourCalm)
    }
    const isNew = stream > this.last && stream % 2 === 1
    if (isNew) {
      this.last = stream
      if (ends && this.#taker.answer(stream, fields, to - from + FRAME_HEAD)) return
      this.#taker.opened(stream)
    }
    const block = encodeFields(fields)
    const frames = Buffer.allocUnsafe(frameHeads(block.length) + block.length)
    this.#taker.forward(frames.subarray(0, writeHead(frames, 0, block, stream, ends)))
    if (ends) this.#taker.ended(stream)
  }

  #widened(bytes: Buffer, from: number, end: number): void {
    if (end - from !== 4) return this.#fail(Code.frameSizeError)
    const more = word31At(bytes, from)
    if (more === 0) return this.#fail(Code.protocolError)
    this.#taker.widened(more)
  }

  /** nghttp2 judges them. */
  #settings(bytes: Buffer, from: number, end: number): void {
    for (let at = from; at + 6 <= end; at += 6) {
      const value = bytes.readUInt32BE(at + 2)
      const setting = bytes.readUInt16BE(at)
      if (setting === Setting.initialWindowSize || setting === Setting.headerTableSize)
        this.#taker.settled(setting, value)
    }
  }

  #fail(code: number): void {
    if (this.#hasFailed) return
    this.#hasFailed = true
    this.#taker.fail(code)
  }
}

/** Whether a table so small has to be told of in the next head, which nghttp2 does in its own (RFC 7541 section 4.2). */
export const isSmallTable = (bytes: number): boolean => bytes < TABLE_BYTES
