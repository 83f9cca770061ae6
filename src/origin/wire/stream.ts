// One request over HTTP/2 in the shape of a connection of HTTP/1.1 (connection.ts), so that whoever asks need not know which it is. What the
// origin has refused before it did anything is told apart: that may be asked again, whatever it is (RFC 9113 section 8.7).

import { constants } from 'node:http2'
import type { ClientHttp2Stream, IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http2'
import type { Body } from '../../exchange.ts'
import type { Fields } from '../../http/fields.ts'
import { isHopByHop } from '../../http/hopbyhop.ts'
import { Ended, Untouched } from '../failure.ts'
import type { Requester } from './connection.ts'
import { requestHead } from './request-head.ts'
import type { Outgoing } from './request-head.ts'
import type { Session } from './session.ts'

const { NGHTTP2_CANCEL, NGHTTP2_NO_ERROR, NGHTTP2_REFUSED_STREAM } = constants

export class Stream {
  readonly #session: Session
  #stream: ClientHttp2Stream | undefined
  #requester: Requester | undefined
  /** The answer is whole. */
  #isWhole = false
  #trailers: Fields = []

  constructor(session: Session) {
    this.#session = session
  }

  get usedAt(): number {
    return this.#session.usedAt
  }

  /** The body's owner keeps bytes as they are until the end. */
  send(request: Outgoing, body: Uint8Array | Body | null, requester: Requester): void {
    this.#requester = requester
    // The same judge as over HTTP/1.1, of what could be read as more than one head.
    if (requestHead(request) === undefined) return this.#failed(UNSENDABLE())
    const isFree = this.#session.hasRoom
    let stream: ClientHttp2Stream
    try {
      stream = this.#session.begin(headersOf(request), body === null)
    } catch {
      return this.#failed(isFree ? UNSENDABLE() : new Untouched('the connection takes no more requests'))
    }
    this.#stream = stream
    this.#listen(stream, requester)
    requester.onSent()
    if (body instanceof Uint8Array) stream.end(body)
    else if (body !== null) this.#upload(stream, body, requester)
  }

  pause(): void {
    this.#stream?.pause()
  }

  resume(): void {
    this.#stream?.resume()
  }

  /** Ends the request: the origin hears that nobody wants the answer. */
  abort(why: Error): void {
    this.#stream?.close(NGHTTP2_CANCEL)
    if (!(why instanceof Ended && why.reason === 'gone')) this.#session.leave()
    this.#failed(why)
  }

  #listen(stream: ClientHttp2Stream, requester: Requester): void {
    const isOver = (): boolean => this.#requester === undefined
    let isBegun = false
    const begun = (): void => {
      if (!isBegun) requester.onBegun()
      isBegun = true
    }
    stream.on('headers', (headers, _flags, raw: Fields = []) => {
      if (isOver()) return
      begun()
      requester.onInterim(Number(headers[':status']), fieldsOf(raw))
    })
    stream.on('response', (headers, _flags, raw: Fields = []) => {
      if (isOver()) return
      begun()
      requester.onHead(Number(headers[':status']), fieldsOf(raw))
    })
    stream.on('trailers', (_headers: IncomingHttpHeaders, _flags, raw: Fields = []) => (this.#trailers = fieldsOf(raw)))
    stream.on('data', (chunk: Buffer) => isOver() || requester.onData(chunk))
    stream.on('end', () => {
      // A reset looks like an end too.
      this.#isWhole = stream.rstCode === NGHTTP2_NO_ERROR
      // The answer is there, and the rest of the request is wanted by nobody (RFC 9113 section 8.1).
      if (!stream.writableEnded) stream.close(NGHTTP2_NO_ERROR)
    })
    stream.on('error', () => {})
    stream.once('close', () => this.#closed(stream.rstCode, isBegun))
  }

  #closed(code: number | undefined, isBegun: boolean): void {
    const requester = this.#requester
    if (requester === undefined) return
    if (this.#isWhole && isBegun && code === NGHTTP2_NO_ERROR) {
      this.#requester = undefined
      requester.onEnd(this.#trailers)
    } else if (code === NGHTTP2_REFUSED_STREAM && !isBegun)
      this.#failed(new Untouched('the origin has not begun with the request'))
    else this.#failed(new Error(`the origin ended the stream with code ${code}`))
  }

  #failed(why: Error): void {
    const requester = this.#requester
    this.#requester = undefined
    requester?.onFailed(why)
  }

  /** At the speed of the origin. */
  #upload(stream: ClientHttp2Stream, body: Body, requester: Requester): void {
    const isOver = (): boolean => this.#requester !== requester
    let unsent = body.length!
    stream.on('drain', () => body.resume())
    body.pipe({
      data: chunk => {
        if (isOver() || stream.writableEnded || stream.destroyed) return
        unsent -= chunk.length
        requester.onBodySent()
        if (!stream.write(chunk)) body.pause()
      },
      end: () => {
        if (isOver()) return
        if (unsent === 0) stream.end()
        else this.abort(new Error('the body of the request was not as long as it should be'))
      },
      fail: why => {
        if (!isOver()) this.abort(why)
      },
    })
  }
}

const UNSENDABLE = (): Error => new Ended('bad-request', 'something in the request may not be sent')

/** Lines of one name stay apart, save cookies, which are one (RFC 9113 section 8.2.3). */
function headersOf({ method, target, fields, length }: Outgoing): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = { ':method': method, ':path': target, ':scheme': 'https' }
  for (let i = 0; i < fields.length; i += 2) {
    const [name, value] = [fields[i]!.toLowerCase(), fields[i + 1]!]
    const before = headers[name]
    if (name === 'host') headers[':authority'] = value
    else if (isHopByHop(name)) continue
    else if (before === undefined) headers[name] = value
    else if (name === 'cookie') headers[name] = `${String(before)}; ${value}`
    else headers[name] = [...(Array.isArray(before) ? before : [String(before)]), value]
  }
  if (length !== null) headers['content-length'] = String(length)
  return headers
}

/** Without what begins with a colon. */
function fieldsOf(raw: Fields): Fields {
  const fields: Fields = []
  for (let i = 0; i < raw.length; i += 2) if (!raw[i]!.startsWith(':')) fields.push(raw[i]!, raw[i + 1]!)
  return fields
}
