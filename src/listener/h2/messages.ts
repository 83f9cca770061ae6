// One stream of HTTP/2 in the shapes that the slow lane knows: a message with a body, and the way its answer takes. So a request goes
// through the same transaction and the same rooms, whichever version it came by.

import { constants } from 'node:http2'
import type { OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import type { Fields } from '../../http/fields.ts'
import { isHopByHop } from '../../http/hopbyhop.ts'
import type { RawHead } from '../slow/head.ts'
import type { Framed } from '../slow/framing.ts'
import type { Reply } from '../slow/reply.ts'
import type { BodySource } from '../slow/types.ts'

export class StreamRequest implements RawHead, BodySource {
  readonly method: string
  readonly url: string
  /** That of the lines that its head was put into. */
  readonly httpVersion = '1.1'
  readonly isStream = true
  readonly rawHeaders: string[]
  rawTrailers: string[] = []
  complete: boolean
  readonly #stream: ServerHttp2Stream

  constructor(stream: ServerHttp2Stream, { method, url, rawHeaders }: RawHead, ends: boolean) {
    this.#stream = stream
    this.method = method
    this.url = url
    this.rawHeaders = rawHeaders
    this.complete = ends
    if (ends) return
    stream.once('end', () => (this.complete = true))
    stream.once(
      'trailers',
      trailers => (this.rawTrailers = Object.entries(trailers).flatMap(([name, value]) => [name, String(value)])),
    )
  }

  get readableLength(): number {
    return this.#stream.readableLength
  }

  on(name: 'data', listener: (chunk: Buffer) => void): unknown {
    return this.#stream.on(name, listener)
  }

  once(name: 'end', listener: () => void): unknown {
    return this.#stream.once(name, listener)
  }

  pause(): unknown {
    return this.#stream.pause()
  }

  resume(): unknown {
    return this.#stream.resume()
  }
}

export class StreamReply implements Reply {
  /** A connection goes on whatever becomes of a stream. */
  readonly keepsAlive = true
  /** Bytes of the body given to the stream. */
  given = 0
  readonly #stream: ServerHttp2Stream
  #head: OutgoingHttpHeaders | undefined
  #trailers: OutgoingHttpHeaders = {}
  #isEnded = false

  constructor(stream: ServerHttp2Stream) {
    this.#stream = stream
  }

  get isBegun(): boolean {
    return this.#head !== undefined || this.#stream.headersSent
  }

  get isOver(): boolean {
    return this.#isEnded || this.#isGone
  }

  onFinished(done: () => void): void {
    this.#stream.once('finish', done)
  }

  onDrained(listener: () => void): void {
    this.#stream.on('drain', listener)
  }

  proceed(): void {
    this.inform(constants.HTTP_STATUS_CONTINUE, [])
  }

  inform(status: number, fields: Fields): void {
    if (!this.#stream.headersSent && !this.#isGone) this.#stream.additionalHeaders(headersOf(status, fields))
  }

  head(status: number, { fields }: Framed): void {
    this.#head = headersOf(status, fields)
  }

  flush(): void {
    this.#begin(false)
  }

  write(chunk: Uint8Array): boolean {
    this.#begin(false)
    this.given += chunk.byteLength
    return this.#stream.write(chunk)
  }

  end(body: Uint8Array | null, trailers: Fields = []): void {
    this.#isEnded = true
    for (let i = 0; i < trailers.length; i += 2) this.#trailers[trailers[i]!.toLowerCase()] = trailers[i + 1]!
    const bytes = body?.byteLength ?? 0
    if (bytes === 0 && this.#head !== undefined && trailers.length === 0) return this.#begin(true)
    this.#begin(false)
    this.given += bytes
    if (body === null) this.#stream.end()
    else this.#stream.end(body)
  }

  /** Nothing is spoken on a stream but its answer. */
  letGo(): void {}

  get #isGone(): boolean {
    return this.#stream.destroyed || this.#stream.closed
  }

  #begin(ends: boolean): void {
    const head = this.#head
    if (head === undefined) return
    this.#head = undefined
    if (this.#isGone) return
    // Trailers are known at the end only.
    this.#stream.once('wantTrailers', () => this.#stream.sendTrailers(this.#trailers))
    this.#stream.respond(head, { endStream: ends, waitForTrailers: !ends && TRAILER in head })
  }
}

const TRAILER = 'trailer'
const UNSENDABLE = /[\0\r\n]/

/** What belongs to a connection of HTTP/1.1 has no place here (RFC 9113 section 8.2.2). Lines of one name stay apart. */
function headersOf(status: number, fields: Fields): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = { ':status': status }
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i]!.toLowerCase()
    if (isHopByHop(name) && name !== TRAILER) continue
    const [before, value] = [headers[name], fields[i + 1]!]
    if (UNSENDABLE.test(value)) throw new RangeError(`the field ${name} has a character that may not be sent`)
    headers[name] = before === undefined ? value : [...(Array.isArray(before) ? before : [String(before)]), value]
  }
  return headers
}
