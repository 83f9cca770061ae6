// One connection that speaks HTTP/2: each of its streams is a request that takes the same way as any other. It is watched as a whole for
// what takes too long, and by node:http2 and nghttp2 for what floods (the bounds stand in sessions.ts).

import { constants } from 'node:http2'
import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import type { Fields } from '../../http/fields.ts'
import { creditedUntil } from '../credit.ts'
import { Watch } from '../slow/overdue.ts'
import type { Tally } from '../slow/tally.ts'
import { Transaction } from '../slow/transaction.ts'
import type { Carrier } from '../slow/transaction.ts'
import type { Carried, Multiplexed, Peer, SlowLaneDeps } from '../slow/types.ts'
import { Visit } from '../visit.ts'
import { rawHeadOf } from './head.ts'
import { StreamReply, StreamRequest } from './messages.ts'

interface Exchange {
  stream: ServerHttp2Stream
  transaction: Transaction
  reply: StreamReply
  /** Of its body. */
  watch: Watch
}

export class Session implements Multiplexed {
  readonly #deps: SlowLaneDeps
  readonly #tally: Tally
  readonly #carried: Carried
  readonly #peer: Peer
  readonly #visit: Visit
  readonly #session: ServerHttp2Session
  readonly #open = new Set<Exchange>()
  /** Monotonic ms at which the last of its streams ended, or it began. */
  #idleSince: number
  #hasServed = false
  /** Bytes of answers that were given to streams that have ended. */
  #givenBefore = 0
  #taken = 0
  #sendSince: number | undefined
  #countedIn = 0
  #countedOut = 0

  constructor(deps: SlowLaneDeps, tally: Tally, session: ServerHttp2Session, carried: Carried, peer: Peer) {
    this.#deps = deps
    this.#tally = tally
    this.#session = session
    this.#carried = carried
    this.#peer = peer
    this.#visit = new Visit(deps.visitors, peer)
    this.#idleSince = deps.clock.monotonic()
    session.on('stream', (stream, _headers, flags, raw) => this.#take(stream, flags, raw))
    session.on('error', () => session.destroy())
    carried.duplex.once('close', () => {
      this.#count()
      session.destroy()
    })
  }

  get inFlight(): number {
    return this.#open.size
  }

  get isUnused(): boolean {
    return !this.#hasServed && this.#carried.lastHit === 0
  }

  /** Takes no new streams, and closes when those that are open have ended (RFC 9113 section 6.8). */
  drain(): void {
    if (!this.#session.closed) this.#session.close()
  }

  destroy(): void {
    this.#carried.destroy()
  }

  sweep(now: number): void {
    this.#count()
    const limits = this.#deps.limits()
    for (const each of this.#open) this.#look(each, now)
    if (this.#isStuck(now)) {
      this.#tally.add('timedOut', 1)
      this.#session.destroy()
    } else if (this.#open.size === 0) {
      const allowed = this.isUnused ? limits.headTimeout : limits.idleTimeout
      const idleSince = Math.max(this.#idleSince, this.#carried.lastHit)
      if (now - idleSince < allowed) return
      if (this.isUnused) this.#tally.add('timedOut', 1)
      this.#session.close()
      // Whoever does not close its side either.
      if (now - idleSince >= allowed + LINGER) this.#session.destroy()
    }
  }

  #take(stream: ServerHttp2Stream, flags: number, raw: Fields): void {
    stream.on('error', ignore)
    this.#hasServed = true
    const ends = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0
    const request = new StreamRequest(stream, rawHeadOf(raw, ends), ends)
    const reply = new StreamReply(stream)
    const message = { message: request, stream: request, reply, upgrade: undefined }
    const transaction = new Transaction(this.#deps, this.#tally, this.#carrierOf(stream, request), message)
    const exchange = { stream, transaction, reply, watch: new Watch(this.#deps.clock.monotonic()) }
    this.#open.add(exchange)
    stream.once('close', () => this.#closed(exchange))
    transaction.start()
  }

  #carrierOf(stream: ServerHttp2Stream, request: StreamRequest): Carrier {
    return {
      peer: this.#peer,
      duplex: stream,
      visit: this.#visit,
      isClosing: false,
      // A stream is closed by its answer; what is still sent on it is told off then.
      closeAfter: ignore,
      upgraded: ignore,
      cut: () => stream.close(constants.NGHTTP2_INTERNAL_ERROR),
      // RFC 9113 section 8.1: the answer is whole, and the rest of the request is not wanted.
      ended: () => request.complete || stream.close(constants.NGHTTP2_NO_ERROR),
    }
  }

  #closed(exchange: Exchange): void {
    this.#open.delete(exchange)
    this.#givenBefore += exchange.reply.given
    if (this.#open.size === 0) this.#idleSince = this.#deps.clock.monotonic()
    exchange.transaction.visitorLeft()
  }

  /** A body that stalls or trickles. */
  #look({ transaction, watch }: Exchange, now: number): void {
    const { body } = transaction
    if (body === null) return
    const sight = { bytesIn: body.received, taken: 0, pending: 0, awaitsBody: body.isAwaited, deserted: false }
    if (watch.look({ ...sight, state: 'busy' }, now, this.#deps.limits()) !== 'body') return
    this.#tally.add('timedOut', 1)
    transaction.breakOff('body-timeout')
  }

  /** Whether the visitor takes nothing of what waits for it, on all its streams together: closed windows hold memory of ours. */
  #isStuck(now: number): boolean {
    const { taken: takenBefore, pending: before } = this.#carried
    let [given, pending] = [this.#givenBefore + takenBefore + before, before]
    for (const { reply, stream } of this.#open) {
      given += reply.given
      pending += stream.writableLength
    }
    const [taken, { leastRate, sendTimeout }] = [given - pending, this.#deps.limits()]
    const more = taken - this.#taken
    this.#taken = taken
    if (pending === 0) this.#sendSince = undefined
    else this.#sendSince = creditedUntil(this.#sendSince ?? now, more, leastRate, now)
    return this.#sendSince !== undefined && now - this.#sendSince >= sendTimeout
  }

  #count(): void {
    const { bytesRead, bytesWritten } = this.#carried
    this.#tally.add('bytesIn', bytesRead - this.#countedIn)
    this.#tally.add('bytesOut', bytesWritten - this.#countedOut)
    this.#countedIn = bytesRead
    this.#countedOut = bytesWritten
  }
}

/** Milliseconds that a visitor has to close a connection that was told to end. */
const LINGER = 2000
const ignore = (): void => {}
