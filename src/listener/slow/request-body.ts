// A request's body on its way from the visitor: an IncomingMessage as a Body of the exchange. Nothing flows before a room
// reads; then it flows as fast as the room takes it. A body that breaks off, stalls or grows too large fails here, once.

import type { Body, Sink } from '../../exchange.ts'
import { allowedTrailers } from '../../http/trailers.ts'
import { type ReasonCode, reasons } from '../../reasons.ts'
import type { BodySource } from './types.ts'

/** Why a request body could not be read to its end. */
export class RequestBodyError extends Error {
  readonly code: ReasonCode

  constructor(code: ReasonCode) {
    super(reasons[code].prose)
    this.name = 'RequestBodyError'
    this.code = code
  }
}

interface Events {
  /** A room begins to read: the moment for `100 Continue`. */
  begun(): void
  /** More than the bound has come. */
  tooLarge(): void
}

export class RequestBody implements Body {
  readonly length: number | undefined
  /** Bytes given to the sink or thrown away. */
  received = 0
  readonly #request: BodySource
  readonly #bound: number
  readonly #events: Events
  #sink: Sink | undefined
  #state: 'unread' | 'read' | 'paused' | 'discarded' | 'ended' = 'unread'

  /** `bound`: the most bytes that may come. */
  constructor(request: BodySource, length: number | undefined, bound: number, events: Events) {
    this.length = length
    this.#request = request
    this.#bound = bound
    this.#events = events
  }

  /** True while it is for the visitor to send: somebody reads and is not holding back. */
  get isAwaited(): boolean {
    return !this.#request.complete && (this.#state === 'read' || this.#state === 'discarded')
  }

  /** True while a room takes it in. */
  get isRead(): boolean {
    return this.#state === 'read' || this.#state === 'paused'
  }

  /** Bytes that are still to come; undefined where nobody can tell. */
  get rest(): number | undefined {
    if (this.#request.complete && this.#request.readableLength === 0) return 0
    return this.length === undefined ? undefined : this.length - this.received
  }

  pipe(sink: Sink): void {
    if (this.#state === 'discarded' || this.#state === 'ended') {
      sink.fail(new RequestBodyError('bad-request'))
      return
    }
    if (this.#sink !== undefined) throw new Error('a request body has one reader only')
    this.#sink = sink
    this.#state = 'read'
    this.#events.begun()
    this.#request.on('data', (chunk: Buffer) => this.#data(chunk))
    this.#request.once('end', () => this.#end())
  }

  pause(): void {
    if (this.#state !== 'read') return
    this.#state = 'paused'
    this.#request.pause()
  }

  resume(): void {
    if (this.#state !== 'paused') return
    this.#state = 'read'
    this.#request.resume()
  }

  cancel(): void {
    if (this.#state === 'read' || this.#state === 'paused') this.discard()
  }

  /** The rest is read and thrown away. Safe to call at any time. */
  discard(): void {
    if (this.#state === 'discarded' || this.#state === 'ended') return
    const fresh = this.#sink === undefined
    this.#sink = undefined
    this.#state = 'discarded'
    if (fresh) this.#request.on('data', (chunk: Buffer) => this.#data(chunk))
    this.#request.resume()
  }

  /** The sink hears that no more comes; a room that has not read yet will hear it when it does. */
  fail(why: Error): void {
    const sink = this.#sink
    if (this.#state === 'ended') return
    this.discard()
    sink?.fail(why)
  }

  #data(chunk: Buffer): void {
    this.received += chunk.length
    if (this.#sink === undefined) return
    if (this.received > this.#bound) this.#events.tooLarge()
    else this.#sink.data(chunk)
  }

  #end(): void {
    const sink = this.#sink
    if (sink === undefined) return
    this.#sink = undefined
    this.#state = 'ended'
    sink.end(allowedTrailers(this.#request.rawTrailers))
  }
}
