// One adopted connection: its requests take their turns one after the other, its faults are answered when their turn comes,
// and it is watched for what takes too long.

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Fields } from '../../http/fields.ts'
import type { ReasonCode } from '../../reasons.ts'
import { faultAnswer } from '../fault.ts'
import { type Meter, meter } from './meter.ts'
import { type Overdue, Watch } from './overdue.ts'
import { isAfterClose, isCutOff, isParseError, type ParseError, reasonOf } from './parse-error.ts'
import { Visit } from '../visit.ts'
import { NodeReply } from './reply.ts'
import type { Tally } from './tally.ts'
import { type Carrier, Transaction, type UpgradeRequest } from './transaction.ts'
import type { Peer, SlowLaneDeps } from './types.ts'

/**
 * Requests of one connection that may wait for their turn. One read brings up to 64 KiB, which is 2,500 smallest requests
 * of about 3 KiB here: 7 MiB for a connection that just floods. 64 keep it below 200 KiB; the rest gets no answer, and the
 * connection ends after those that do (RFC 9112 section 9.3.2 has clients ask again).
 */
const MAX_PIPELINED = 64

/**
 * How long, in milliseconds, and how many bytes of what a refused visitor still sends are read and thrown away, so that the
 * refusal is not wiped out by the reset that unread bytes cause (RFC 9112 section 9.6). 16 MiB is 2 s at 64 Mbit/s.
 */
const LINGER_MS = 2000
const LINGER_BYTES = 16 * 1024 * 1024

export class Connection implements Carrier {
  readonly peer: Peer
  readonly duplex: Duplex
  readonly visit: Visit
  readonly #deps: SlowLaneDeps
  readonly #tally: Tally
  readonly #meter: Meter
  readonly #watch: Watch
  readonly #waiting: Transaction[] = []
  #current: Transaction | undefined
  #isLast = false
  #isFull = false
  #fault: ReasonCode | undefined
  #state: 'open' | 'upgraded' | 'lingering' | 'closed' = 'open'
  #lingersUntil = 0
  #lingerBytes = 0
  #visitorEnded = false
  #countedIn = 0
  #countedOut = 0

  constructor(deps: SlowLaneDeps, tally: Tally, duplex: Duplex, peer: Peer) {
    this.#deps = deps
    this.#tally = tally
    this.duplex = duplex
    this.peer = peer
    this.visit = new Visit(deps.visitors, peer)
    this.#meter = meter(duplex)
    this.#watch = new Watch(deps.clock.monotonic())
    ensureDestroySoon(duplex)
    duplex.on('error', () => duplex.destroy())
    duplex.on('end', () => this.#ended())
    duplex.once('close', () => this.#closed())
  }

  get isClosing(): boolean {
    return this.#isLast || ((this.#isFull || this.#visitorEnded) && this.#waiting.length === 0)
  }

  get isIdle(): boolean {
    return this.#state === 'open' && this.#current === undefined
  }

  get inFlight(): number {
    if (this.#state === 'upgraded') return 1
    return this.#waiting.length + (this.#current === undefined ? 0 : 1)
  }

  /** A request's head is whole. */
  take(request: IncomingMessage, response: ServerResponse, upgrade?: UpgradeRequest): void {
    this.#isFull ||= this.#waiting.length >= MAX_PIPELINED
    if (this.#state !== 'open' || this.#isLast || this.#isFull) return
    const message = { message: new NodeMessage(request), stream: request, reply: new NodeReply(response), upgrade }
    const transaction = new Transaction(this.#deps, this.#tally, this, message)
    if (this.#current === undefined) this.#start(transaction)
    else this.#waiting.push(transaction)
  }

  /** node:http met something that is no request, or the connection broke. */
  fail(error: ParseError): void {
    if (!isParseError(error)) {
      this.duplex.destroy()
      return
    }
    if (this.#fault !== undefined || this.#state !== 'open') return
    if (isAfterClose(error)) {
      if (this.#current === undefined) this.duplex.destroy()
      return
    }
    this.#fault = reasonOf(error, this.#deps.limits().targetBytes)
    const unfinished = [this.#current, ...this.#waiting].find(each => each !== undefined && !each.isComplete)
    if (unfinished !== undefined) unfinished.breakOff(this.#fault)
    else if (this.#current === undefined) this.#answerFault(isCutOff(error) && this.#visitorEnded)
  }

  closeAfter({ linger }: { linger: boolean }): void {
    this.#isLast = true
    // node:http ends a connection by this method after the last response.
    if (linger) (this.duplex as Closable).destroySoon = () => this.#linger()
  }

  cut(): void {
    this.duplex.destroy()
  }

  upgraded(): void {
    this.#state = 'upgraded'
    this.#current = undefined
    for (const each of this.#waiting.splice(0)) each.visitorLeft()
  }

  ended(transaction: Transaction, keepAlive: boolean): void {
    if (this.#current !== transaction) return
    this.#current = undefined
    this.#count()
    const goesOn = keepAlive && !this.isClosing
    if (keepAlive && this.#waiting.length > 0) this.#start(this.#waiting.shift()!)
    else if (keepAlive && this.#fault !== undefined) this.#answerFault(false)
    else if (!goesOn) this.#finish()
  }

  /** Closes it if nothing is under way. */
  closeIfIdle(): void {
    if (this.isIdle) this.duplex.destroy()
  }

  sweep(now: number): void {
    this.#count()
    if (this.#state === 'lingering') {
      if (now >= this.#lingersUntil || this.#meter.in() - this.#lingerBytes > LINGER_BYTES) this.duplex.destroy()
      return
    }
    const limits = this.#deps.limits()
    const pending = this.#meter.pending()
    const overdue = this.#watch.look(
      {
        bytesIn: this.#meter.in(),
        taken: this.#meter.out() - pending,
        pending,
        state: this.#state === 'upgraded' ? 'upgraded' : this.#current === undefined ? 'idle' : 'busy',
        awaitsBody: this.#current?.body?.isAwaited === true,
        deserted: this.#visitorEnded && this.#current !== undefined,
      },
      now,
      limits,
    )
    if (overdue !== undefined) this.#tooLong(overdue)
    else if (this.#deps.draining()) this.closeIfIdle()
  }

  #tooLong(overdue: Overdue): void {
    if (overdue !== 'deserted') this.#tally.add('timedOut', 1)
    if (overdue === 'body') this.#current?.breakOff('body-timeout')
    else if (overdue === 'head') {
      this.#fault = 'head-timeout'
      this.#answerFault(false)
    } else this.duplex.destroy()
  }

  #start(transaction: Transaction): void {
    this.#current = transaction
    transaction.start()
  }

  /** What came instead of a request is answered in its turn, plainly, and the connection ends. */
  #answerFault(visitorLeft: boolean): void {
    this.#tally.begin()
    this.#tally.request(visitorLeft ? 'gone' : 'refused', 0)
    this.duplex.write(faultAnswer(this.#fault!, this.#deps.date()))
    this.#isLast = true
    this.#linger()
  }

  /** The last answer is out. */
  #finish(): void {
    this.#isLast = true
    for (const each of this.#waiting.splice(0)) each.visitorLeft()
    if (this.#state === 'open' && !this.duplex.writableEnded) (this.duplex as Closable).destroySoon()
  }

  #linger(): void {
    if (this.#state !== 'open') return
    this.#state = 'lingering'
    this.#lingersUntil = this.#deps.clock.monotonic() + LINGER_MS
    this.#lingerBytes = this.#meter.in()
    if (this.#visitorEnded) this.duplex.end(() => this.duplex.destroy())
    else {
      this.duplex.end()
      this.duplex.resume()
    }
  }

  #ended(): void {
    this.#visitorEnded = true
    if (this.#state !== 'lingering') return
    if (this.duplex.writableFinished) this.duplex.destroy()
    else this.duplex.end(() => this.duplex.destroy())
  }

  #closed(): void {
    this.#state = 'closed'
    this.#count()
    const left = [this.#current, ...this.#waiting.splice(0)]
    this.#current = undefined
    for (const each of left) each?.visitorLeft()
  }

  #count(): void {
    const read = this.#meter.in()
    const written = this.#meter.out()
    this.#tally.add('bytesIn', read - this.#countedIn)
    this.#tally.add('bytesOut', written - this.#countedOut)
    this.#countedIn = read
    this.#countedOut = written
  }
}

/** What node:http calls after a connection's last answer: close it once everything has been taken. */
type Closable = Duplex & { destroySoon: () => void }

/** A socket has it; any other Duplex would only be ended by node:http, and stay half open for as long as its owner likes. */
function ensureDestroySoon(duplex: Duplex): void {
  const closable = duplex as Duplex & Partial<Closable>
  closable.destroySoon ??= () => void duplex.end(() => duplex.destroy())
}

/** What is looked at of an IncomingMessage, which llhttp has filled in. */
class NodeMessage {
  readonly method: string
  readonly url: string
  readonly httpVersion: string
  readonly rawHeaders: Fields
  readonly #request: IncomingMessage

  constructor(request: IncomingMessage) {
    const { method = '', url = '', httpVersion, rawHeaders } = request
    this.method = method
    this.url = url
    this.httpVersion = httpVersion
    this.rawHeaders = rawHeaders
    this.#request = request
  }

  get complete(): boolean {
    return this.#request.complete
  }
}
