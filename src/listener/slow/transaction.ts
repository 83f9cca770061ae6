// One request and its answer in the slow lane: judged, asked of the rooms, answered, counted. It ends exactly once, in one
// outcome, whether the answer was whole, broke off, or the visitor left.

import type { Duplex } from 'node:stream'
import { lostOutcomes } from '../../board/counters.ts'
import type { Outcome } from '../../board/counters.ts'
import type { Answer } from '../../exchange.ts'
import type { Fields } from '../../http/fields.ts'
import { isHopByHop } from '../../http/hopbyhop.ts'
import { without } from '../../http/fields.ts'
import type { ReasonCode } from '../../reasons.ts'
import { refusalAnswer } from '../../refusal.ts'
import { writeAnswer } from './answer-writer.ts'
import { frame } from './framing.ts'
import { checkHead, type Head, type RawHead } from './head.ts'
import { ownAnswer } from './own-paths.ts'
import type { Reply } from './reply.ts'
import { RequestBody, RequestBodyError } from './request-body.ts'
import { serverTiming } from './server-timing.ts'
import { SlowExchange } from './slow-exchange.ts'
import type { Visit } from '../visit.ts'
import type { Tally } from './tally.ts'
import type { BodySource, Peer, SlowLaneDeps } from './types.ts'
import { join, switchingHead } from './upgrade.ts'

/**
 * A rest of a request body that nobody reads is read and thrown away up to here, so that the connection can be kept: 64 KiB,
 * what one read from a socket may bring anyway. A longer one costs its connection.
 */
const MAX_DRAINED = 64 * 1024

/** To a method that is refused, and to `OPTIONS *`, which asks what the server can do at all (RFC 9110 section 9.3.7). */
const METHODS = ['Allow', 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS']

const ANY_METHODS: Answer = { status: 204, fields: METHODS, body: null }

/** What a transaction needs of the connection it came on. */
export interface Carrier {
  readonly peer: Peer
  readonly duplex: Duplex
  readonly visit: Pick<Visit, 'seen'>
  /** No further request will be read from it. */
  readonly isClosing: boolean
  /** After this answer nothing more is answered here; with `linger` what is still sent is thrown away for a while. */
  closeAfter(options: { linger: boolean }): void
  /** Breaks it off, so that the visitor can tell that an answer is not whole. */
  cut(): void
  /** It carries another protocol from now on. */
  upgraded(): void
  /** The answer has gone out whole. */
  ended(transaction: Transaction, keepAlive: boolean): void
}

/** A protocol change that was asked for: the protocol and what came after the request's head. */
export interface UpgradeRequest {
  protocol: string
  head: Uint8Array
}

/** A request as it was read, and the way its answer takes. */
export interface Message {
  /** `isStream`: one of HTTP/2, whose head has been put into the lines of HTTP/1.1. */
  readonly message: RawHead & { readonly complete: boolean; readonly isStream?: true }
  /** Where its body comes from, if it may have one. */
  readonly stream: BodySource | null
  readonly reply: Reply
  readonly upgrade: UpgradeRequest | undefined
}

export class Transaction {
  body: RequestBody | null = null
  readonly #message: Message['message']
  readonly #stream: BodySource | null
  readonly #reply: Reply
  readonly #deps: SlowLaneDeps
  readonly #tally: Tally
  readonly #carrier: Carrier
  readonly #upgrade: UpgradeRequest | undefined
  readonly #startedAt: number
  #head: Head | undefined
  #exchange: SlowExchange | undefined
  #answer: Answer | undefined
  /** What this lane decided; without it, the outcome is what the rooms wrote on the exchange. */
  #outcome: Outcome | undefined
  #mustContinue = false
  #started = false
  #broken: ReasonCode | undefined
  #state: 'open' | 'answered' | 'ended' = 'open'
  #keepAlive = false
  #sent = (): number => 0

  constructor(deps: SlowLaneDeps, tally: Tally, carrier: Carrier, { message, stream, reply, upgrade }: Message) {
    this.#deps = deps
    this.#tally = tally
    this.#carrier = carrier
    this.#message = message
    this.#stream = stream
    this.#reply = reply
    this.#upgrade = upgrade
    this.#startedAt = deps.clock.monotonic()
    tally.begin()
    reply.onFinished(() => this.#finished())
  }

  /** Nothing of it is still to come. */
  get isComplete(): boolean {
    return this.#message.complete
  }

  /** Its turn on the connection has come. */
  start(): void {
    this.#started = true
    const { head, refuse } = checkHead(this.#message, this.#deps.limits())
    if (this.#broken !== undefined || head === undefined) {
      // What the head says comes first, so that it makes no difference whether the fault was known when its turn came.
      this.refuse(refuse ?? this.#broken ?? 'bad-request')
      return
    }
    this.#head = head
    this.#mustContinue = head.expectsContinue
    if (head.length !== 0 && this.#stream !== null) this.#takeBody(head, this.#stream)
    const answer = this.#answerAlone(head)
    if (answer === undefined) this.#ask(head)
    else if (answer instanceof Promise) void answer.then(page => this.#give(page))
    else this.#give(answer)
  }

  /** Answers with a refusal, if nothing else was answered; the connection ends with it where its state is in doubt. */
  refuse(code: ReasonCode): void {
    if (this.#state !== 'open') return
    this.#outcome = 'refused'
    if (this.#exchange !== undefined) this.#exchange.reason = code
    const fields = code === 'method-refused' ? METHODS : undefined
    this.#carrier.closeAfter({ linger: true })
    this.#give(refusalAnswer({ fields: this.#message.rawHeaders }, code, fields && { fields }))
    this.#exchange?.leave()
  }

  /** The request's body cannot be read to its end, for this reason. */
  breakOff(code: ReasonCode): void {
    this.#broken = code
    this.body?.fail(new RequestBodyError(code))
    if (this.#state === 'ended') this.#carrier.cut()
    else if (this.#state === 'answered') this.#carrier.closeAfter({ linger: true })
    else if (this.#started) this.refuse(code)
  }

  /** The connection is gone. */
  visitorLeft(): void {
    if (this.#state === 'ended') return
    const why = new Error('the visitor left')
    this.#end('gone')
    this.body?.fail(why)
    this.#exchange?.leave()
    if (this.#answer !== undefined) dispose(this.#answer, why)
  }

  #takeBody(head: Head, stream: BodySource): void {
    this.body = new RequestBody(stream, head.length, this.#deps.limits().requestBody, {
      begun: () => this.#continue(),
      tooLarge: () => this.breakOff('body-too-large'),
    })
  }

  /** RFC 9110 section 10.1.1: the visitor waits with the body until somebody wants it. */
  #continue(): void {
    if (!this.#mustContinue) return
    this.#mustContinue = false
    if (this.#state === 'open') this.#reply.proceed()
  }

  /** What needs no room. */
  #answerAlone(head: Head): Answer | Promise<Answer> | undefined {
    const isAny = head.target === '*'
    const answer = isAny ? ANY_METHODS : (this.#deps.status?.answer(head) ?? ownAnswer(head, this.#deps))
    if (answer !== undefined) this.#outcome = 'own'
    return answer
  }

  #ask(head: Head): void {
    const exchange = new SlowExchange(head, this.#carrier.peer, {
      startedAt: this.#startedAt,
      body: this.body,
      upgrade: this.#upgrade?.protocol,
      isStream: this.#message.isStream === true,
      inform: (status, fields) => this.#inform(status, fields),
    })
    this.#exchange = exchange
    this.#carrier.visit.seen(head)
    this.#deps.answer(exchange).then(
      answer => this.#give(answer),
      (error: unknown) => this.#roomFailed(error),
    )
  }

  #roomFailed(error: unknown): void {
    if (this.#state !== 'open') return
    this.#deps.log('error', 'room-failed', { target: this.#head?.target, error: String(error), stack: stackOf(error) })
    this.#outcome = 'failed'
    this.#exchange!.reason = 'room-failed'
    this.#give(refusalAnswer(this.#exchange!, 'room-failed'))
  }

  /** Interim responses (RFC 9110 section 15.2). 100 is ours to say and 101 is an answer; HTTP/1.0 knows none of them. */
  #inform(status: number, fields: Fields): void {
    if (this.#state !== 'open' || this.#head?.httpVersion !== '1.1' || status < 102 || status > 199) return
    try {
      this.#reply.inform(
        status,
        without(fields, name => isHopByHop(name) || name === 'content-length'),
      )
    } catch {
      // A field that may not be sent makes the interim response worthless, and nothing depends on one.
    }
  }

  #give(answer: Answer): void {
    if (this.#state !== 'open') {
      dispose(answer, new Error('the request was answered otherwise, or its visitor left'))
      return
    }
    this.#state = 'answered'
    this.#answer = answer
    if (answer.status === 101 && answer.upgrade !== undefined && this.#upgrade !== undefined) {
      this.#switch(answer, answer.upgrade)
      return
    }
    try {
      this.#write(answer)
    } catch (error) {
      this.#unsendable(answer, error)
    }
  }

  #write(given: Answer): void {
    const answer = this.#timed(given)
    const closes = this.#closesAfter()
    const framed = frame(answer, {
      method: this.#message.method,
      httpVersion: this.#head?.httpVersion ?? '1.1',
      keepAlive: !closes && this.#reply.keepsAlive,
      takesTrailers: this.#head?.sendsTrailersTo ?? false,
      date: this.#deps.date(),
    })
    this.#keepAlive = framed.keepAlive
    this.#sent = writeAnswer(this.#reply, answer, framed, { cut: why => this.#cut(why) })
    // Before the answer's end is announced: node:http would then read the rest away itself, however long it is.
    if (this.body?.isRead === false) this.#discardRest()
  }

  /** With what took how long, for viewers who are trusted with it. */
  #timed(answer: Answer): Answer {
    const exchange = this.#exchange
    if (exchange === undefined || this.#deps.isTimed?.(exchange.client.address) !== true) return answer
    const total = this.#deps.clock.monotonic() - this.#startedAt
    return { ...answer, fields: [...answer.fields, 'Server-Timing', serverTiming(exchange, total)] }
  }

  /** Whether this answer is the connection's last. What is left unread of the request decides with. */
  #closesAfter(): boolean {
    if (this.#carrier.isClosing || this.#deps.parting() || this.#upgrade !== undefined) return true
    const { body } = this
    // A visitor that was never told to continue may send the body or the next request: nobody can tell which.
    if (!this.#mustContinue && (body === null || body.isRead || (body.rest ?? 0) <= MAX_DRAINED)) return false
    this.#carrier.closeAfter({ linger: true })
    return true
  }

  /** A field of the answer cannot be sent: the origin's fault, since the rooms make none like that. */
  #unsendable(answer: Answer, error: unknown): void {
    this.#deps.log('warn', 'answer-unsendable', { target: this.#head?.target, error: String(error) })
    dispose(answer, new Error('the answer cannot be sent'))
    if (this.#reply.isBegun || this.#exchange === undefined) {
      this.#carrier.cut()
      return
    }
    this.#outcome = 'failed'
    this.#exchange.reason = 'origin-garbage'
    this.#answer = refusalAnswer(this.#exchange, 'origin-garbage')
    this.#write(this.#answer)
  }

  #switch(answer: Answer, upgrade: NonNullable<Answer['upgrade']>): void {
    const { duplex } = this.#carrier
    let head: string
    try {
      head = switchingHead(answer, this.#upgrade!.protocol)
    } catch (error) {
      this.#unsendable(answer, error)
      return
    }
    this.#reply.letGo(duplex)
    duplex.write(head, 'latin1')
    join(duplex, this.#upgrade!.head, upgrade.socket, upgrade.head)
    this.#carrier.upgraded()
    this.#end(this.#exchange!.outcome)
  }

  #cut(why: Error): void {
    this.#deps.log('warn', 'answer-cut', { target: this.#head?.target, error: why.message })
    this.#end('failed')
    this.body?.fail(why)
    this.#carrier.cut()
  }

  #finished(): void {
    if (this.#state === 'ended') return
    this.#end(this.#outcome ?? this.#exchange?.outcome ?? 'failed')
    this.#drain(() => this.#carrier.ended(this, this.#keepAlive && !this.#carrier.isClosing))
  }

  /** Reads what is left of the request before the connection goes on. */
  #drain(then: () => void): void {
    if (this.body?.isRead === true) this.#discardRest()
    if (!this.#keepAlive || this.#carrier.isClosing || this.body === null || this.isComplete) then()
    else this.#stream!.once('end', then)
  }

  /** Within the bound where the connection is to be kept, within the bounds of lingering where it is not. */
  #discardRest(): void {
    const body = this.body!
    const before = body.received
    body.discard()
    this.#stream!.on('data', () => {
      if (body.received - before > MAX_DRAINED && !this.#carrier.isClosing) this.#carrier.cut()
    })
  }

  #end(outcome: Outcome): void {
    this.#state = 'ended'
    const ms = this.#deps.clock.monotonic() - this.#startedAt
    this.#tally.request(outcome, ms)
    if (STORED.has(outcome)) this.#tally.add('bytesSaved', lengthOf(this.#answer))
    this.#score(outcome, ms)
    this.#tell(outcome, ms)
  }

  #tell(outcome: Outcome, ms: number): void {
    const { ears } = this.#deps
    if (ears === undefined) return
    const exchange = this.#exchange
    const { method, url, rawHeaders, isStream } = this.#message
    const httpVersion = isStream === true ? '2.0' : this.#message.httpVersion
    ears.ended({
      ...{ lane: 'slow', peer: this.#carrier.peer, ms, outcome, httpVersion },
      head: { fields: rawHeaders },
      ...{ method, target: url, host: this.#head?.host ?? '' },
      status: this.#answer?.status ?? 0,
      bytes: this.#sent(),
      reason: exchange?.reason,
      // Whoever asked for a host that is not known here has no site.
      site: exchange?.site?.name,
      rules: exchange?.settings?.matched ?? [],
      client: exchange?.client.address,
      ...{ queuedMs: exchange?.queuedMs ?? 0, originMs: exchange?.originMs ?? 0 },
    })
  }

  /** How its visitor takes it. What Breakwater says for itself, and refuses for the visitor's own fault, says nothing of the site. */
  #score(outcome: Outcome, ms: number): void {
    const isFault = SITES_OWN.has(outcome) && (this.#answer?.status ?? 0) >= 500
    if (isFault) this.#tally.add('originFault', 1)
    // Whoever asked for a host that is not known here has no site.
    const site = this.#exchange?.site
    if (site === undefined) return
    const score = this.#deps.scoreOf(site, this.#exchange!.fields)
    if (outcome === 'gone') score.left(ms)
    else if (isFault || LOST.has(outcome)) score.bad()
    else if (SITES_OWN.has(outcome)) score.good(ms)
  }
}

const LOST = new Set<Outcome>(lostOutcomes)
const STORED = new Set<Outcome>(['hit', 'stale', 'collapsed', 'validated'])
/** Outcomes in which the visitor got what the site has to say. */
const SITES_OWN = new Set<Outcome>([...STORED, 'miss', 'pass'])

/** Bytes of the answer's body, where that is told beforehand as it is of stored responses. */
const lengthOf = (answer: Answer | undefined): number => answer?.body?.length ?? 0

/** Nobody will send this answer: whoever feeds it should know. */
function dispose(answer: Answer, why: Error): void {
  if (answer.body !== null && !(answer.body instanceof Uint8Array)) answer.body.cancel(why)
  answer.upgrade?.socket.destroy()
}

const stackOf = (error: unknown): string | undefined => (error instanceof Error ? error.stack : undefined)
