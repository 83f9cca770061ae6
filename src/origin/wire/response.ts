// Reads the response to one request from the bytes of a connection: interim responses, the head, the body as it is framed,
// its trailers. A state machine without a socket; connection.ts feeds it.
//
//   head ──1xx──▶ head
//     │ ──▶ length · chunked · close ──▶ done
//     │ ──101 that was asked for──▶ switched
//     └─ ──no body──▶ done

import type { Fields } from '../../http/fields.ts'
import { hasNoBody } from '../../http/status.ts'
import { Chunks } from './chunks.ts'
import { readHead, readTrailers } from './response-head.ts'
import type { ResponseHead } from './response-head.ts'

/** Header section at most, and trailer section at most, bytes: twice what visitors may send us by default. */
const SECTION_BYTES = 64 * 1024
/** Interim responses to one request: one each 20 s, as for long work in WebDAV, for five hours. */
const MOST_INTERIM = 1024

const NOTHING: Buffer = Buffer.alloc(0)
const NO_FIELDS: Fields = []

/** Who wants the response. Any of these may end the reading by `stop`. */
export interface Taker {
  /** The first byte is there. */
  onBegun(): void
  onInterim(status: number, fields: Fields): void
  onHead(status: number, fields: Fields): void
  /** Bytes of the body, the taker's to keep. */
  onData(chunk: Buffer): void
  /** The whole response was there; the connection may be given back. */
  onEnd(trailers: Fields): void
}

type State = 'head' | 'length' | 'chunked' | 'close' | 'done' | 'switched' | 'stopped'

export class Response {
  /** The final head, once it is there. */
  head: ResponseHead | undefined
  /** What came behind the end of the response, or behind a change of protocols. */
  rest = NOTHING
  readonly #taker: Taker
  readonly #isHead: boolean
  readonly #maySwitch: boolean
  #state: State = 'head'
  /** Bytes of a head that is not whole. */
  #held = NOTHING
  #interim = 0
  #isBegun = false
  /** Bytes of the body that are still to come, where the head told. */
  #left = 0
  #chunks: Chunks | undefined

  /** To a request with this method; `maySwitch`: it asks for a change of protocols. */
  constructor(taker: Taker, method: string, maySwitch: boolean) {
    this.#taker = taker
    this.#isHead = method === 'HEAD'
    this.#maySwitch = maySwitch
  }

  get isDone(): boolean {
    return this.#state === 'done'
  }

  /** Nothing could follow the head, whatever the framing says. */
  get hasNoBody(): boolean {
    return this.head !== undefined && (this.#isHead || hasNoBody(this.head.status))
  }

  get hasSwitched(): boolean {
    return this.#state === 'switched'
  }

  /** Nobody wants the rest; no more is told. */
  stop(): void {
    this.#state = 'stopped'
  }

  /** Reads the first `length` bytes, which may be changed meanwhile. A string says why they are no response. */
  read(bytes: Buffer, length: number): string | undefined {
    if (!this.#isBegun) {
      this.#isBegun = true
      this.#taker.onBegun()
    }
    let input = bytes
    if (this.#held.length > 0) {
      input = Buffer.concat([this.#held, bytes.subarray(0, length)])
      length = input.length
    }
    let at = 0
    while (this.#state === 'head' && at < length) {
      const end = this.#readHead(input, at, length)
      if (typeof end === 'string') return end
      at = end
    }
    if (at < length) return this.#readBody(input, at, length)
    return undefined
  }

  /** The origin sends no more. A string says what is missing. */
  end(): string | undefined {
    if (this.#state === 'close') this.#done(NO_FIELDS)
    else if (this.#state !== 'done' && this.#state !== 'stopped') return 'the origin closed the connection'
    return undefined
  }

  /** Where the head ends that begins at `from`; `length` when it is not whole, and its bytes are held. */
  #readHead(bytes: Buffer, from: number, length: number): number | string {
    const end = bytes.indexOf('\r\n\r\n', from, 'latin1') + 2
    const isWhole = end !== 1 && end + 2 <= length
    if ((isWhole ? end : length) - from > SECTION_BYTES) return `the header is larger than ${SECTION_BYTES} bytes`
    if (!isWhole) return this.#hold(bytes, from, length)
    this.#held = NOTHING
    const head = readHead(bytes.toString('latin1', from, end))
    if (typeof head === 'string') return head
    const fault = this.#takeHead(head)
    return fault ?? end + 2
  }

  /** What its whole lines say already is looked at now: an origin that speaks no HTTP may wait for us after its first line. */
  #hold(bytes: Buffer, from: number, length: number): number | string {
    const held = bytes.subarray(from, length)
    const known = this.#held.length
    this.#held = Buffer.from(held)
    const lines = held.lastIndexOf(0x0a)
    if (lines < known) return length
    const head = readHead(held.toString('latin1', 0, lines + 1))
    return typeof head === 'string' ? head : length
  }

  #takeHead(head: ResponseHead): string | undefined {
    const { status, fields, framing } = head
    if (status === 101) {
      if (!this.#maySwitch) return 'the protocol was changed though nobody had asked'
      this.head = head
      this.#state = 'switched'
      return undefined
    }
    if (status < 200) {
      if (!head.keepsAlive) return 'an interim response ends the connection'
      if (++this.#interim > MOST_INTERIM) return `there were more than ${MOST_INTERIM} interim responses`
      this.#taker.onInterim(status, fields)
      return undefined
    }
    this.head = head
    const hasBody = !this.#isHead && !hasNoBody(status) && framing !== 0
    if (hasBody) this.#expect(framing)
    this.#taker.onHead(status, fields)
    if (!hasBody && this.#state === 'head') this.#done(NO_FIELDS)
    return undefined
  }

  #expect(framing: ResponseHead['framing']): void {
    if (framing === undefined) this.#state = 'close'
    else if (framing === 'chunked') {
      this.#state = 'chunked'
      this.#chunks = new Chunks(SECTION_BYTES)
    } else {
      this.#state = 'length'
      this.#left = framing
    }
  }

  #readBody(bytes: Buffer, at: number, length: number): string | undefined {
    if (this.#state === 'chunked') return this.#readChunks(bytes, at, length)
    if (this.#state === 'length') {
      const end = Math.min(length, at + this.#left)
      this.#left -= end - at
      this.#taker.onData(copy(bytes, at, end))
      at = end
      if (this.#left === 0) this.#finish(bytes, at, length, NO_FIELDS)
    } else if (this.#state === 'close') this.#taker.onData(copy(bytes, at, length))
    else if (this.#state !== 'stopped') this.rest = copy(bytes, at, length)
    return undefined
  }

  #readChunks(bytes: Buffer, from: number, length: number): string | undefined {
    const chunks = this.#chunks!
    const at = chunks.read(bytes, from, length)
    if (chunks.dataEnd > from) this.#taker.onData(copy(bytes, from, chunks.dataEnd))
    if (typeof at === 'string') return at
    if (!chunks.isDone) return undefined
    const trailers = readTrailers(chunks.trailers.slice(0, -2))
    if (typeof trailers === 'string') return trailers
    this.#finish(bytes, at, length, trailers)
    return undefined
  }

  #finish(bytes: Buffer, at: number, length: number, trailers: Fields): void {
    if (at < length) this.rest = copy(bytes, at, length)
    this.#done(trailers)
  }

  #done(trailers: Fields): void {
    if (this.#state === 'stopped') return
    this.#state = 'done'
    this.#taker.onEnd(trailers)
  }
}

/** The buffer belongs to all connections; what goes on is a copy. */
function copy(bytes: Buffer, from: number, to: number): Buffer {
  const own = Buffer.allocUnsafe(to - from)
  bytes.copy(own, 0, from, to)
  return own
}
