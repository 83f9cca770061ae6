// One request to an origin server, from its permit to the end of the origin's work: the attempts, the head that comes
// back, and where the body goes. It is its connection's requester, the body's source and a watched request in one object,
// because every object less is felt: this is the path of all that the cache does not answer.

import type { Socket } from 'node:net'
import { counterIndex } from '../board/counters.ts'
import type { Answer, Body, Exchange, FromOrigin, Permit } from '../exchange.ts'
import type { Fields } from '../http/fields.ts'
import { hasNoBody } from '../http/status.ts'
import { allowedTrailers } from '../http/trailers.ts'
import type { ReasonCode } from '../reasons.ts'
import { refusalAnswer } from '../refusal.ts'
import { answerFields } from './answer-fields.ts'
import type { AnswerHead } from './answer-fields.ts'
import { OriginBody } from './body.ts'
import type { Source } from './body.ts'
import { Ended, Untouched, isTimeout, reasonOf } from './failure.ts'
import type { Stage } from './failure.ts'
import type { Origin } from './origins.ts'
import { requestFields } from './request-fields.ts'
import type { OriginWork } from './room.ts'
import type { Watched } from './silence.ts'
import { StoredBody } from '../spool/stored.ts'
import type { Connection, Requester } from './wire/connection.ts'
import type { Stream } from './wire/stream.ts'

/** Nothing in them, or nothing that can do harm when it is done twice (RFC 9110 section 9.2.1). */
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])
/** Seconds after which to try again when all streams are taken. */
const STREAMS_RETRY_AFTER = 10
/** Bytes of an answer that are read for nobody: what is longer the origin itself is stopped in, by its connection's end. */
const MOST_UNWANTED = 1024 * 1024
const NO_FIELDS: Fields = []

export class OriginRequest implements Requester, Source, Watched {
  watchedAt = -1

  readonly #work: OriginWork
  readonly #exchange: Exchange
  readonly #ready: (request: OriginRequest) => void
  #origin: Origin
  #permit: Permit
  #connection: Connection | Stream | null = null
  /** The tick of the last sign of life, and the ticks of silence that are allowed now. */
  #seenAt = 0
  #allowed = Infinity
  #attempts = 0
  /** The connection had carried another request before. */
  #wasUsed = false
  #stage: Stage = 'connecting'
  #startedAt = 0
  /** Wall time, milliseconds: the cache computes the age from it. */
  #requestedAt = 0
  #firstByteMs = 0
  /** We have ended it ourselves. */
  #isEnded = false
  #status = 0
  #head: AnswerHead | null = null
  #from: FromOrigin | undefined
  #isStream = false
  /** What of the body came with the head, before the answer was taken. */
  #early: Buffer | null = null
  #isWhole = false
  #body: OriginBody | null = null
  #trailers = NO_FIELDS
  /** Bytes that came since nobody wants them any more; -1 while somebody does. */
  #unwanted = -1
  /** Ours, in place of the origin's: a refusal, or the change of protocols. */
  #own: Answer | null = null

  /** `ready` is called when `takeAnswer` has something to give. */
  constructor(
    work: OriginWork,
    exchange: Exchange,
    origin: Origin,
    permit: Permit,
    ready: (request: OriginRequest) => void,
  ) {
    this.#work = work
    this.#exchange = exchange
    this.#origin = origin
    this.#permit = permit
    this.#ready = ready
  }

  /** The first attempt. */
  start(): void {
    this.#origin.retries.request()
    this.#send(false)
  }

  /**
   * A quarter of a second has passed. Only now is it asked whether the visitor is still there: listening to an AbortSignal
   * costs a short request a sixth of its CPU, most of it in the garbage collector (measured on Node 26).
   */
  look(now: number): void {
    // Once it has been sent the origin works on it, whoever has gone: its place is not free before that has ended.
    if (this.#stage === 'connecting' && this.#isForNobody) this.#end('gone')
    else if (now - this.#seenAt > this.#allowed) {
      this.#end(this.#stage === 'answered' ? 'idle-timeout' : 'first-byte-timeout')
    }
  }

  // As its connection's requester, in the order in which that calls.

  onSent(): void {
    this.#stage = 'sent'
    this.#seenAt = this.#work.silence.now
    this.#allowed = this.#origin.firstByteTicks
  }

  onBodySent(): void {
    this.#seenAt = this.#work.silence.now
  }

  onBegun(): void {
    this.#stage = 'begun'
  }

  onInterim(status: number, fields: Fields): void {
    this.#seenAt = this.#work.silence.now
    this.#exchange.inform(status, answerFields(fields, this.#exchange, this.#origin.target, false, null).fields)
  }

  onHead(status: number, fields: Fields): void {
    this.#seenAt = this.#work.silence.now
    this.#takeHead(status, fields)
    if (this.#head!.isEventStream && !this.#leaveLimit()) this.#end('too-many-streams')
    else this.#ready(this)
  }

  onData(chunk: Buffer): void {
    this.#seenAt = this.#work.silence.now
    Atomics.add(this.#work.counters, counterIndex.bytesOrigin, chunk.length)
    if (this.#unwanted >= 0) return this.#discard(chunk)
    if (this.#body === null && this.#early === null) {
      this.#early = chunk
      return
    }
    if ((this.#body ?? this.#makeBody()).push(chunk)) return
    // While it is held back it cannot be silent by its own fault.
    this.#allowed = Infinity
    this.#connection?.pause()
  }

  onEnd(trailers: Fields): void {
    this.#isWhole = true
    this.#work.countWhole(this.#origin, this.#permit.routeClass, this.#status, this.#firstByteMs)
    this.#leave()
    this.#done()
    if (trailers.length > 0) this.#trailers = allowedTrailers(trailers)
    this.#body?.finish(this.#trailers)
  }

  onFailed(error: Error): void {
    const reason = reasonOf(error, this.#stage)
    this.#leave()
    const isUntouched = error instanceof Untouched
    if (!isUntouched) this.#count(reason)
    if (!this.#isEnded && this.#retry(reason, isUntouched)) return
    if (isUntouched) this.#count(reason)
    // The socket is being closed; what runs now was begun before the origin could see it.
    setImmediate(() => this.#done())
    if (this.#body !== null) this.#cutShort(reason, error)
    else this.#fail(reason, error)
  }

  onSwitched(received: Fields, socket: Socket, head: Buffer): void {
    socket.on('error', () => {})
    socket.once('close', () => this.#done())
    this.#leave()
    const isGone = this.#exchange.gone.aborted
    if (isGone || !this.#leaveLimit()) {
      socket.destroy()
      return this.#fail(isGone ? 'gone' : 'too-many-streams')
    }
    this.#work.countWhole(this.#origin, this.#permit.routeClass, 101, this.#work.clock.monotonic() - this.#startedAt)
    const { fields } = answerFields(received, this.#exchange, this.#origin.target, false, this.#work.clock.now())
    fields.push('Upgrade', this.#exchange.upgrade!)
    this.#reply({ status: 101, fields, body: null, upgrade: { socket, head } })
  }

  // As the body's source.

  resume(): void {
    this.#seenAt = this.#work.silence.now
    if (!this.#isStream) this.#allowed = this.#origin.idleTicks
    this.#connection?.resume()
  }

  full(): void {
    this.#permit.leaveLimit()
  }

  /** Nobody wants the rest of the body. It is read to its end all the same, if that is near, so that the origin is done with it. */
  cancel(): void {
    if (this.#isStream || this.#isEnded || this.#isWhole) return this.#end('gone')
    this.#unwanted = 0
    this.resume()
  }

  #discard(chunk: Buffer): void {
    this.#unwanted += chunk.length
    if (this.#unwanted > MOST_UNWANTED) this.#end('gone')
  }

  /** A fetch that others may wait for goes on without the visitor who began it. */
  get #isForNobody(): boolean {
    return this.#exchange.intent === 'pass' && this.#exchange.gone.aborted
  }

  #send(isFresh: boolean): void {
    const exchange = this.#exchange
    const origin = this.#origin
    const now = this.#work.clock.monotonic()
    this.#attempts++
    this.#stage = 'connecting'
    this.#startedAt = now
    this.#requestedAt = this.#work.clock.now()
    this.#allowed = Infinity
    origin.isUsed = true
    Atomics.add(this.#work.counters, counterIndex.originRequests, 1)
    const switches = exchange.upgrade !== undefined
    const { connections } = origin
    this.#connection = isFresh
      ? connections.fresh(switches)
      : connections.take(SAFE.has(exchange.method), now, switches)
    this.#wasUsed = this.#connection.usedAt >= 0
    this.#work.silence.add(this)
    const { method, target, upgrade, body } = exchange
    const fields = requestFields(exchange, origin.target, this.#work.name)
    const length = body === null ? null : body.length!
    this.#connection.send({ method, target, fields, length, upgrade }, toSend(body), this)
  }

  #takeHead(status: number, fields: Fields): void {
    const { method } = this.#exchange
    const ms = this.#work.clock.monotonic() - this.#startedAt
    this.#stage = 'answered'
    this.#firstByteMs = ms
    this.#work.countFirstByte(ms)
    this.#exchange.originMs = ms
    this.#status = status
    const keepsLength = method === 'HEAD' || status === 304
    const receivedAt = this.#work.clock.now()
    this.#from = { fields, requestedAt: this.#requestedAt, receivedAt }
    this.#head = answerFields(fields, this.#exchange, this.#origin.target, keepsLength, receivedAt)
    this.#allowed = this.#origin.idleTicks
  }

  /**
   * What goes back, taken once, as soon as the read that brought the head is done with: a short response is whole by then,
   * and its bytes go on without any machinery.
   */
  takeAnswer(): Answer {
    if (this.#own !== null) return this.#own
    const status = this.#status
    const answer: Answer = { status, fields: this.#head!.fields, body: null, origin: this.#from! }
    if (hasNoBody(status) || this.#exchange.method === 'HEAD') return answer
    if (this.#isWhole && this.#body === null && this.#trailers.length === 0) answer.body = this.#early
    else answer.body = this.#body ?? this.#makeBody()
    return answer
  }

  /** With what came of it so far. */
  #makeBody(): OriginBody {
    const body = new OriginBody(this.#head!.length, this, this.#work.spool, this.#isStream)
    this.#body = body
    if (this.#early !== null) body.push(this.#early)
    this.#early = null
    if (this.#isWhole) body.finish(this.#trailers)
    return body
  }

  #leaveLimit(): boolean {
    this.#isStream = true
    this.#allowed = Infinity
    if (!this.#permit.leaveLimit()) return false
    this.#exchange.outcome = 'stream'
    return true
  }

  /** Ends the request from our side. */
  #end(reason: ReasonCode | 'gone'): void {
    if (this.#isEnded || this.#isWhole) return
    this.#isEnded = true
    this.#connection?.abort(new Ended(reason))
  }

  /** The attempt is over. */
  #leave(): void {
    this.#work.silence.delete(this)
    this.#connection = null
  }

  /** The origin's work has ended for good. */
  #done(): void {
    if (this.#startedAt > 0 && this.#stage !== 'connecting')
      this.#work.spent(this.#exchange, this.#work.clock.monotonic() - this.#startedAt)
    this.#startedAt = 0
    this.#permit.free()
    this.#exchange.body?.cancel(new Error('the request has ended'))
  }

  #count(reason: ReasonCode | 'gone'): void {
    if (reason !== 'gone' && reason !== 'bad-request' && reason !== 'too-many-streams') {
      this.#work.countFailure(this.#origin, this.#permit.routeClass, isTimeout(reason))
    }
  }

  /** Tries again, once, where that can do no harm and is within the budget. */
  #retry(reason: ReasonCode | 'gone', isUntouched: boolean): boolean {
    if (this.#isForNobody || this.#unwanted >= 0) return false
    const exchange = this.#exchange
    const stage = this.#stage
    const isUnsent = stage === 'connecting' && (reason === 'connect-failed' || reason === 'connect-timeout')
    const isRepeatable = stage === 'sent' && reason === 'origin-reset' && SAFE.has(exchange.method)
    const isWhole = exchange.body === null || toSend(exchange.body) instanceof Uint8Array
    const mayRepeat = isUnsent || (isRepeatable && exchange.body === null) || (isUntouched && isWhole)
    if (this.#attempts > 1 || !mayRepeat) return false
    const { routeClass } = this.#permit
    const other = this.#work.places.take(exchange.site.name, { except: this.#origin.target.index, routeClass })
    const origin = other === undefined ? undefined : this.#work.origins.get(other.origin)
    // The same origin gets it again only if a connection that had been idle may have been the fault.
    if (origin === undefined && !isUntouched && (isUnsent || !this.#wasUsed)) return giveBack(other)
    if (!this.#origin.retries.take()) return giveBack(other)
    Atomics.add(this.#work.counters, counterIndex.retries, 1)
    if (other !== undefined && origin !== undefined) {
      this.#permit.free()
      this.#permit = exchange.permit = other
      this.#origin = origin
    }
    this.#send(true)
    return true
  }

  #cutShort(reason: ReasonCode | 'gone', error: Error): void {
    const exchange = this.#exchange
    if (reason !== 'gone' && this.#unwanted < 0) {
      exchange.outcome = 'failed'
      exchange.reason = reason
      this.#work.failed(this.#origin, reason, error)
    }
    this.#body?.fail(error)
  }

  /** Nothing of an answer came, or nothing of it was handed over. */
  #fail(reason: ReasonCode | 'gone', error?: Error): void {
    const exchange = this.#exchange
    if (reason === 'gone') {
      exchange.outcome = 'gone'
      return this.#reply({ status: 503, fields: [], body: null })
    }
    exchange.outcome = outcomeOf(reason)
    exchange.reason = reason
    if (exchange.outcome === 'failed') this.#work.failed(this.#origin, reason, error)
    this.#reply(
      refusalAnswer(exchange, reason, reason === 'too-many-streams' ? { retryAfter: STREAMS_RETRY_AFTER } : {}),
    )
  }

  #reply(answer: Answer): void {
    this.#own = answer
    this.#ready(this)
  }
}

const outcomeOf = (reason: ReasonCode): Exchange['outcome'] =>
  reason === 'too-many-streams' ? 'shed' : reason === 'bad-request' ? 'refused' : 'failed'

/** Bytes where it is all in memory, for each attempt anew; else the body itself, of which an attempt that never found a connection has taken nothing. */
const toSend = (body: Body | null): Uint8Array | Body | null =>
  body instanceof StoredBody ? (body.bytes ?? body) : body

/** Not needed after all. */
function giveBack(permit: Permit | undefined): false {
  permit?.free()
  return false
}
