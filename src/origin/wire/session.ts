// A connection to an origin server that speaks HTTP/2, over which many requests go at once. It takes no new ones once the origin has said
// that it ends (GOAWAY), or has left one without an answer for too long: then nobody knows whether it still listens.

import { connect } from 'node:http2'
import type { ClientHttp2Session, ClientHttp2Stream, OutgoingHttpHeaders } from 'node:http2'
import type { Socket } from 'node:net'
import { Stream } from './stream.ts'

/** Requests at once until the origin has said how many it takes, and at most; RFC 9113 section 6.5.2 asks for 100 at least. */
const STREAMS = 100
const MOST_STREAMS = 1000
/** Bytes of answers on their way to us, of one request and of all: what a fast network holds within a tenth of a second. */
const STREAM_WINDOW = 1024 * 1024
const WINDOW = 16 * 1024 * 1024
/** Of an answer's head, as over HTTP/1.1 (response.ts). */
const HEAD_BYTES = 64 * 1024
const HEAD_FIELDS = 1000

export class Session {
  readonly generation: number
  /** Monotonic milliseconds when its last request ended; -1 before the first. */
  usedAt = -1
  readonly #session: ClientHttp2Session
  readonly #now: () => number
  #open = 0
  #most = STREAMS
  #isLeaving = false

  /** On a socket whose handshake has settled on it; `now` in monotonic milliseconds, `gone` is told when it takes no more requests. */
  constructor(socket: Socket, href: string, generation: number, now: () => number, gone: (session: Session) => void) {
    this.generation = generation
    this.#now = now
    const session = connect(href, {
      createConnection: () => socket,
      peerMaxConcurrentStreams: STREAMS,
      maxHeaderListPairs: HEAD_FIELDS,
      settings: { enablePush: false, initialWindowSize: STREAM_WINDOW, maxHeaderListSize: HEAD_BYTES },
    })
    this.#session = session
    session.once('connect', () => session.setLocalWindowSize(WINDOW))
    session.on('remoteSettings', ({ maxConcurrentStreams }) => {
      this.#most = Math.min(maxConcurrentStreams ?? MOST_STREAMS, MOST_STREAMS)
    })
    session.on('goaway', () => gone(this))
    session.on('error', () => {})
    session.on('close', () => gone(this))
  }

  /** Whether another request may go over it. */
  get hasRoom(): boolean {
    return !this.#isLeaving && !this.#session.closed && !this.#session.destroyed && this.#open < this.#most
  }

  get isIdle(): boolean {
    return this.#open === 0
  }

  /** The way of one request. */
  stream(): Stream {
    return new Stream(this)
  }

  /** Sends a head. Throws where it may not be sent, or no more are taken. */
  begin(headers: OutgoingHttpHeaders, ends: boolean): ClientHttp2Stream {
    const stream = this.#session.request(headers, { endStream: ends })
    this.#open++
    stream.once('close', () => {
      this.#open--
      this.usedAt = this.#now()
      if (this.#isLeaving && this.#open === 0) this.#session.destroy()
    })
    return stream
  }

  /** Takes no new requests and ends with the last of those that are under way. */
  leave(): void {
    this.#isLeaving = true
    if (this.#open === 0) this.#session.destroy()
  }
}
