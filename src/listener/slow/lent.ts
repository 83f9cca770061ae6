// A connection of the fast lane that lends requests: those whose head its strict reader has read whole, byte by byte and
// narrower than llhttp would, and whose body, if there is one, has come with it. So they need no second parser: their fields
// are judged by head.ts like all others, go through the rooms, and are answered on the socket itself. The fast lane keeps the
// connection and its time-outs.

import type { Socket } from 'node:net'
import type { Fields } from '../../http/fields.ts'
import { survey } from './head.ts'
import type { Found } from './head.ts'
import { Watch } from './overdue.ts'
import { PlainReply } from './reply.ts'
import type { Tally } from './tally.ts'
import { Transaction } from './transaction.ts'
import type { Carrier } from './transaction.ts'
import { WholeSource } from './whole-source.ts'
import type { Lender, Lent, LentRequest, SlowLaneDeps } from './types.ts'
import { pendingBytes } from '../pending.ts'

export class LentConnection implements Carrier, Lent {
  readonly #deps: SlowLaneDeps
  readonly #tally: Tally
  readonly #lender: Lender
  /** Forgets this. */
  readonly #done: (lent: LentConnection) => void
  #watch: Watch | undefined
  /** The fields that came last, which a browser sends with each request, and what they say. */
  #fields: Fields | undefined
  #found: Found | undefined
  #current: Transaction | undefined
  #isLast = false
  #visitorEnded = false
  /** Bytes that had been written when they were last counted. */
  #written = 0

  constructor(deps: SlowLaneDeps, tally: Tally, lender: Lender, done: (lent: LentConnection) => void) {
    this.#deps = deps
    this.#tally = tally
    this.#lender = lender
    this.#done = done
  }

  get peer(): Lender['peer'] {
    return this.#lender.peer
  }

  get duplex(): Socket {
    return this.#lender.socket
  }

  get visit(): Lender['visit'] {
    return this.#lender.visit
  }

  get isClosing(): boolean {
    return this.#isLast || this.#visitorEnded
  }

  get isBusy(): boolean {
    return this.#current !== undefined
  }

  /** One at a time: the next comes after `answered`. */
  take(request: LentRequest): void {
    this.#written = this.duplex.bytesWritten
    this.#tally.add('bytesIn', request.bytes)
    const { method, target, fields, body, keepsAlive } = request
    const reply = new PlainReply(this.duplex, keepsAlive)
    if (fields !== this.#fields) this.#found = survey(fields)
    this.#fields = fields
    const message = new LentMessage(method, target, fields, this.#found)
    const stream = body === null ? null : new WholeSource(body)
    this.#current = new Transaction(this.#deps, this.#tally, this, { message, stream, reply, upgrade: undefined })
    this.#current.start()
  }

  visitorEnded(): void {
    this.#visitorEnded = true
  }

  /** The socket has closed, or is somebody else's now. */
  leave(): void {
    const left = this.#current
    this.#current = undefined
    if (left !== undefined) this.#count()
    left?.visitorLeft()
    this.#done(this)
  }

  closeAfter(): void {
    this.#isLast = true
  }

  cut(): void {
    this.duplex.destroy()
  }

  /** A request that asks for another protocol is never lent. */
  upgraded(): void {}

  ended(transaction: Transaction, keepAlive: boolean): void {
    if (this.#current !== transaction) return
    this.#current = undefined
    this.#count()
    const goesOn = keepAlive && !this.isClosing
    // What the visitor still sends is the fast lane's to read and throw away.
    if (!goesOn) this.duplex.end()
    this.#lender.answered(goesOn)
  }

  sweep(now: number): void {
    if (this.#current === undefined) return
    this.#count()
    if (!this.#visitorEnded) return
    this.#watch ??= new Watch(now)
    const sight = { bytesIn: 0, taken: this.#taken(), pending: 0, awaitsBody: false, deserted: true }
    const overdue = this.#watch.look({ ...sight, state: 'busy' }, now, this.#deps.limits())
    if (overdue === 'deserted') this.duplex.destroy()
  }

  /** Bytes that have left for the visitor's side. */
  #taken(): number {
    return this.duplex.bytesWritten - pendingBytes(this.duplex)
  }

  #count(): void {
    const written = this.duplex.bytesWritten
    this.#tally.add('bytesOut', written - this.#written)
    this.#written = written
  }
}

/** In the shape in which node:http tells of a message; of one object shape, as all are looked at in one place. */
class LentMessage {
  readonly method: string
  readonly url: string
  readonly httpVersion = '1.1'
  readonly rawHeaders: Fields
  readonly found: Found | undefined
  /** Nothing of it is still to come. */
  readonly complete = true

  constructor(method: string, url: string, rawHeaders: Fields, found: Found | undefined) {
    this.method = method
    this.url = url
    this.rawHeaders = rawHeaders
    this.found = found
  }
}
