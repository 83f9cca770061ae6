// One connection to an origin server, one request at a time on it. It writes the head in one piece, sends the body as the
// origin takes it, reads the response, and knows whether it may carry another request.

import type { Socket } from 'node:net'
import { atTurnsEnd } from '../../base/turn.ts'
import type { Due } from '../../base/turn.ts'
import type { Body } from '../../exchange.ts'
import type { Fields } from '../../http/fields.ts'
import { Ended } from '../failure.ts'
import { requestHead } from './request-head.ts'
import type { Outgoing } from './request-head.ts'
import { Response } from './response.ts'
import type { Taker } from './response.ts'
import { speaksHttp2 } from './socket.ts'
import type { Open, SocketEvents } from './socket.ts'
import type { Stream } from './stream.ts'

/** A request's side of its connection: the response, and what happens on the way to it. */
export interface Requester extends Taker {
  /** The head is on its way. */
  onSent(): void
  /** Some of the body is on its way. */
  onBodySent(): void
  /** The response is there in part or not at all, and no more of it will come. Nothing else is told. */
  onFailed(why: Error): void
  /** The protocol has changed; the socket is the requester's, with what came behind the head. */
  onSwitched(fields: Fields, socket: Socket, head: Buffer): void
}

/** Where connections go when their request has ended. */
export interface Keeper {
  /** It may carry another request. */
  free(connection: Connection): void
  /** It carries none any more. */
  gone(connection: Connection): void
  /** Its handshake has settled on HTTP/2: the way of its request over that, and of others after it. */
  multiplexed(socket: Socket): Stream
}

interface Work {
  readonly request: Outgoing
  readonly body: Uint8Array | Body | null
  readonly requester: Requester
}

export class Connection implements SocketEvents, Due {
  readonly generation: number
  /** Monotonic milliseconds when its last request ended; -1 before the first. */
  usedAt = -1
  /** Milliseconds that the origin keeps it when it is idle, where it says so. */
  keepsFor: number | undefined
  readonly #keeper: Keeper
  readonly #socket: Socket
  #isConnected = false
  #hasSwitched = false
  #isPaused = false
  /** What carries its request in its place. */
  #stream: Stream | undefined
  #work: Work | null = null
  #response: Response | null = null
  /** Bytes of the request's body that were not given to the socket yet. */
  #unsent = 0
  #why: Error | undefined
  /** The head of a request that has not left yet. */
  #head = ''

  constructor(open: Open, keeper: Keeper, generation: number) {
    this.#keeper = keeper
    this.generation = generation
    this.#socket = open(this)
  }

  /** Sends a request, once the connection is there. The body's owner keeps bytes as they are until the end. */
  send(request: Outgoing, body: Uint8Array | Body | null, requester: Requester): void {
    this.#work = { request, body, requester }
    this.#response = new Response(requester, request.method, request.upgrade !== undefined)
    if (this.#isConnected) this.#write(this.#work)
  }

  /** Reads no more for now. */
  pause(): void {
    this.#isPaused = true
    if (this.#stream !== undefined) this.#stream.pause()
    else this.#socket.pause()
  }

  resume(): void {
    this.#isPaused = false
    if (this.#stream !== undefined) this.#stream.resume()
    else this.#socket.resume()
  }

  /** Ends the request, and the connection with it. */
  abort(why: Error): void {
    if (this.#stream !== undefined) return this.#stream.abort(why)
    this.#response?.stop()
    this.#why = why
    this.#socket.destroy()
    this.#failed(why)
  }

  close(): void {
    this.#socket.destroy()
  }

  // As the socket's events.

  /** The turn has ended: what has to leave leaves. */
  due(): void {
    const head = this.#head
    this.#head = ''
    if (!this.#socket.destroyed) this.#socket.write(head, 'latin1')
  }

  connected(): void {
    if (speaksHttp2(this.#socket)) return this.#multiplex()
    this.#isConnected = true
    if (this.#work !== null) this.#write(this.#work)
  }

  bytes(buffer: Buffer, length: number): boolean {
    if (this.#hasSwitched) return this.#socket.push(Buffer.from(buffer.subarray(0, length)))
    const response = this.#response
    // Nobody has asked: whatever it is, it may not be taken for an answer to the next request.
    if (response === null || this.#head !== '') this.#socket.destroy()
    else this.#settle(response, response.read(buffer, length))
    return true
  }

  ended(): void {
    if (this.#hasSwitched || this.#stream !== undefined) return
    const response = this.#response
    if (response !== null) this.#settle(response, response.end(), 'origin-reset')
    this.#socket.destroy()
  }

  closed(error: Error | undefined): void {
    this.#keeper.gone(this)
    if (this.#stream !== undefined) return
    this.#failed(this.#why ?? error ?? new Error('the origin closed the connection'))
  }

  /** After each read: a fault ends the connection; a whole response frees it, or ends it. */
  #settle(
    response: Response,
    fault: string | undefined,
    reason: 'origin-garbage' | 'origin-reset' = 'origin-garbage',
  ): void {
    if (fault !== undefined) this.abort(new Ended(reason, fault))
    else if (response.isDone) this.#free(response)
    else if (response.hasSwitched) this.#switch(response)
  }

  #free(response: Response): void {
    const { request } = this.#work!
    const { keepsAlive, framing, keepsFor } = response.head!
    this.#work = null
    this.#response = null
    const isFramed = framing !== undefined || response.hasNoBody
    const isWhole = response.rest.length === 0 && this.#unsent === 0 && this.#socket.writableLength === 0
    const isUsable = keepsAlive && isFramed && isWhole && request.isLast !== true && request.upgrade === undefined
    this.keepsFor = keepsFor
    // Held back by its last bytes: nobody is left to say that it may go on, and the next request would hear nothing.
    if (this.#isPaused) this.resume()
    if (isUsable) this.#keeper.free(this)
    else this.#socket.destroy()
  }

  #switch(response: Response): void {
    const { requester } = this.#work!
    this.#work = null
    this.#response = null
    this.#hasSwitched = true
    this.#socket.removeAllListeners('data')
    this.#socket.pause()
    this.#keeper.gone(this)
    requester.onSwitched(response.head!.fields, this.#socket, response.rest)
  }

  #multiplex(): void {
    const work = this.#work
    this.#work = null
    this.#response = null
    this.#stream = this.#keeper.multiplexed(this.#socket)
    if (work !== null) this.#stream.send(work.request, work.body, work.requester)
  }

  #failed(why: Error): void {
    const work = this.#work
    this.#work = null
    this.#response = null
    work?.requester.onFailed(why)
  }

  #write({ request, body, requester }: Work): void {
    const head = requestHead(request)
    if (head === undefined) return this.abort(new Ended('bad-request', 'something in the request may not be sent'))
    if (body instanceof Uint8Array) {
      this.#socket.cork()
      this.#socket.write(head, 'latin1')
      this.#socket.write(body)
      this.#socket.uncork()
    } else if (body === null) {
      this.#head = head
      atTurnsEnd(this)
    } else this.#socket.write(head, 'latin1')
    requester.onSent()
    if (body !== null && !(body instanceof Uint8Array) && this.#work?.body === body) this.#upload(body, requester)
  }

  /** At the speed of the origin. */
  #upload(body: Body, requester: Requester): void {
    const isOver = (): boolean => this.#work?.requester !== requester
    const drained = (): void => body.resume()
    this.#unsent = body.length!
    this.#socket.on('drain', drained)
    body.pipe({
      data: chunk => {
        if (isOver()) return
        this.#unsent -= chunk.length
        requester.onBodySent()
        if (!this.#socket.write(chunk)) body.pause()
      },
      end: () => {
        this.#socket.off('drain', drained)
        if (this.#unsent !== 0 && !isOver())
          this.abort(new Error('the body of the request was not as long as it should be'))
      },
      fail: why => {
        if (!isOver()) this.abort(why)
      },
    })
  }
}
