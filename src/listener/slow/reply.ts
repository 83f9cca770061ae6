// How an answer leaves, whoever read its request: through node:http's response where llhttp read it, or as bytes of our own on
// the socket where the fast lane's reader did. The transaction knows no difference.

import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { atTurnsEnd } from '../../base/turn.ts'
import type { Due } from '../../base/turn.ts'
import type { Fields } from '../../http/fields.ts'
import { headText } from '../../http/head-text.ts'
import { reasonPhrase, statusLine } from '../../http/status.ts'
import { isTakenAtOnce, pendingBytes } from '../pending.ts'
import type { Framed } from './framing.ts'

export interface Reply {
  /** The visitor lets the connection go on after this answer. */
  readonly keepsAlive: boolean
  /** The head of the answer itself is made. */
  readonly isBegun: boolean
  /** Nothing more can be written: it has ended, or the connection is gone. */
  readonly isOver: boolean
  /** Calls once the last byte of the answer has been taken. */
  onFinished(done: () => void): void
  /** The visitor has taken what waited. */
  onDrained(listener: () => void): void
  proceed(): void
  /** An interim response. Throws when a field is not valid. */
  inform(status: number, fields: Fields): void
  /** Makes the head; it leaves with the first bytes of the body, or by `flush`. Throws when a field is not valid. */
  head(status: number, framed: Framed): void
  flush(): void
  /** False: write no more for now. */
  write(chunk: Uint8Array): boolean
  end(body: Uint8Array | null, trailers?: Fields): void
  /** The connection is used otherwise from now on. */
  letGo(duplex: Duplex): void
}

export class NodeReply implements Reply {
  readonly #response: ServerResponse

  constructor(response: ServerResponse) {
    this.#response = response
    response.on('error', ignore)
  }

  get keepsAlive(): boolean {
    return this.#response.shouldKeepAlive
  }

  get isBegun(): boolean {
    return this.#response.headersSent
  }

  get isOver(): boolean {
    return this.#response.writableEnded || this.#response.destroyed
  }

  onFinished(done: () => void): void {
    this.#response.once('finish', done)
  }

  onDrained(listener: () => void): void {
    this.#response.on('drain', listener)
  }

  proceed(): void {
    this.#response.writeContinue()
  }

  inform(status: number, fields: Fields): void {
    this.#response.writeInformation(status, fields)
  }

  head(status: number, { fields, keepAlive }: Framed): void {
    const response = this.#response
    response.sendDate = false
    // What Connection says is in the framed fields; this keeps node:http from adding a line of its own.
    response.removeHeader('connection')
    response.shouldKeepAlive = keepAlive
    response.writeHead(status, reasonPhrase(status), fields)
  }

  flush(): void {
    this.#response.flushHeaders()
  }

  write(chunk: Uint8Array): boolean {
    return this.#response.write(chunk)
  }

  end(body: Uint8Array | null, trailers: Fields = []): void {
    if (trailers.length > 0) this.#response.addTrailers(inPairs(trailers))
    if (body === null) this.#response.end()
    else this.#response.end(body)
  }

  letGo(duplex: Duplex): void {
    this.#response.detachSocket(duplex as never)
  }
}

/** Up to here head and body are copied into one piece and leave in one write, bytes: what one read from an origin brings. */
const ONE_WRITE = 64 * 1024
const NOTHING: Uint8Array = Buffer.alloc(0)

export class PlainReply implements Reply, Due {
  readonly keepsAlive: boolean
  readonly #socket: Socket
  /** What has to leave before the next byte of the body. */
  #text = ''
  /** What has to leave behind that. */
  #last = NOTHING
  #isBegun = false
  #isEnded = false
  #isChunked = false
  #finished = ignore
  #drained: (() => void) | undefined

  constructor(socket: Socket, keepsAlive: boolean) {
    this.#socket = socket
    this.keepsAlive = keepsAlive
  }

  get isBegun(): boolean {
    return this.#isBegun
  }

  get isOver(): boolean {
    return this.#isEnded || this.#socket.destroyed
  }

  onFinished(done: () => void): void {
    this.#finished = done
  }

  onDrained(listener: () => void): void {
    this.#drained = listener
    this.#socket.on('drain', listener)
  }

  proceed(): void {
    this.#socket.write('HTTP/1.1 100 Continue\r\n\r\n', 'latin1')
  }

  inform(status: number, fields: Fields): void {
    this.#socket.write(headText(statusLine(status), fields), 'latin1')
  }

  head(status: number, { fields, mode }: Framed): void {
    this.#text = headText(statusLine(status), fields)
    this.#isChunked = mode === 'chunked'
    this.#isBegun = true
  }

  flush(): void {
    if (this.#text === '') return
    this.#socket.write(this.#text, 'latin1')
    this.#text = ''
  }

  write(chunk: Uint8Array): boolean {
    if (!this.#isChunked) return this.#send(chunk, '')
    this.#text += `${chunk.byteLength.toString(16)}\r\n`
    return this.#send(chunk, '\r\n')
  }

  end(body: Uint8Array | null, trailers: Fields = []): void {
    const bytes = body ?? NOTHING
    if (this.#isChunked) {
      if (bytes.byteLength > 0) this.write(bytes)
      this.#text += headText('0\r\n', trailers)
    }
    this.#isEnded = true
    this.#last = this.#isChunked ? NOTHING : bytes
    atTurnsEnd(this)
  }

  /** The turn has ended: the end of the answer leaves. */
  due(): void {
    if (!this.#socket.destroyed) this.#send(this.#last, '', error => this.#taken(error))
  }

  letGo(): void {
    this.#isEnded = true
  }

  /** Called when the kernel has the last byte, or will never have it: then the connection's end is told by its own event. */
  #taken(error: Error | null | undefined): void {
    if (this.#drained !== undefined) this.#socket.off('drain', this.#drained)
    if (error === null || error === undefined) this.#finished()
  }

  /** What waits, the bytes and what comes behind them, in one write where that is cheap. */
  #send(bytes: Uint8Array, behind: string, done?: (error?: Error | null) => void): boolean {
    const text = this.#text
    const socket = this.#socket
    this.#text = ''
    if (bytes.byteLength === 0) return socket.write(text + behind, 'latin1', done)
    const length = text.length + bytes.byteLength + behind.length
    if (length <= ONE_WRITE) return inOne(socket, length, text, bytes, behind, done)
    socket.cork()
    if (text !== '') socket.write(text, 'latin1')
    let goesOn = socket.write(bytes, behind === '' ? done : undefined)
    if (behind !== '') goesOn = socket.write(behind, 'latin1', done)
    socket.uncork()
    return goesOn
  }
}

/** Where short answers are put together, of all connections of this thread: none of them has to allocate. */
let scratch = Buffer.allocUnsafeSlow(ONE_WRITE)

/** Writes the pieces as one. */
function inOne(
  socket: Socket,
  length: number,
  text: string,
  bytes: Uint8Array,
  behind: string,
  done?: (error?: Error | null) => void,
): boolean {
  if (length === bytes.byteLength) return socket.write(bytes, done)
  const isCopied = isTakenAtOnce(socket)
  const whole = isCopied ? scratch.subarray(0, length) : Buffer.allocUnsafe(length)
  whole.write(text, 0, 'latin1')
  whole.set(bytes, text.length)
  if (behind !== '') whole.write(behind, text.length + bytes.byteLength, 'latin1')
  const goesOn = socket.write(whole, done)
  // The rest of it is still to be sent from there: nobody writes into it any more.
  if (isCopied && pendingBytes(socket) > 0) scratch = Buffer.allocUnsafeSlow(ONE_WRITE)
  return goesOn
}

function inPairs(fields: Fields): [string, string][] {
  const pairs: [string, string][] = []
  for (let i = 0; i < fields.length; i += 2) pairs.push([fields[i]!, fields[i + 1]!])
  return pairs
}

const ignore = (): void => {}
