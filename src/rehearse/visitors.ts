// The visitors of one worker: each has cookies of its own, one connection and one wish at a time. Those who have got their page stay
// a while with their connection open and may come back; new ones come with empty cookies and a new connection.
import type { Clock } from '../base/clock.ts'
import { below, type Random } from '../base/random.ts'
import type { Asked, Outcome } from './asked.ts'
import { Connection } from './connection.ts'
import { Http2Connection } from './http2.ts'
import { CookieJar } from './cookies.ts'
import type { Job } from './job.ts'
import type { Walk } from './journey/walk.ts'
import type { Ask } from './request.ts'
import type { Tally } from './tally.ts'

/** A wish for one page: it may take several requests and ends good or lost. All times are of the monotonic clock, in milliseconds. */
export interface View {
  ask: Ask
  plannedAt: number
  sentAt: number
  reloadAt: number
  /** Among those who wait (waiting.ts). */
  place: number
}

export interface Visitor {
  readonly jar: CookieJar
  /** Open, or undefined. */
  connection: Asked | Http2Connection | undefined
  /** What they are doing on the site; undefined when they want one page. */
  walk: Walk | undefined
  /** Has seen the page of a waiting room. */
  queued: boolean
  /** What they wait for, or waited for last; written anew for each wish. */
  readonly view: View
}

/** Of whoever has just come. */
const NOTHING: View = { ask: { method: 'GET', path: '/' }, plannedAt: NaN, sentAt: NaN, reloadAt: NaN, place: -1 }

export class Visitors {
  readonly #job: Job
  readonly #tally: Tally
  readonly #clock: Clock
  readonly #random: Random
  /** Those who may come back, the last seen last: the ones seen least grow old and are closed by the server. */
  readonly #away: Visitor[] = []
  readonly #onEnd: (visitor: Visitor, outcome: Outcome) => void

  /** `onEnd` is told how each request ended, while the visitor's connection is still the one that carried it. */
  constructor(
    job: Job,
    tally: Tally,
    clock: Clock,
    random: Random,
    onEnd: (visitor: Visitor, outcome: Outcome) => void,
  ) {
    this.#job = job
    this.#tally = tally
    this.#clock = clock
    this.#random = random
    this.#onEnd = onEnd
  }

  /** Somebody comes: a stranger, or one of those who were here. */
  arrive(): Visitor {
    const stranger = this.#random.next() < this.#job.newVisitors
    const known = stranger ? undefined : this.#away.pop()
    if (known !== undefined) return known
    const { host, tls, visitorCookie } = this.#job
    const jar = new CookieJar(tls?.name || host, tls !== undefined)
    if (visitorCookie !== undefined) {
      const value = below(this.#random, 2 ** 48).toString(16)
      jar.take(`${visitorCookie}=${value}; Path=/`, '/', 0)
    }
    return { jar, connection: undefined, walk: undefined, queued: false, view: { ...NOTHING } }
  }

  /** A connection for the visitor's next request; undefined when the run has none left. `anew`: not the one they have. */
  connect(visitor: Visitor, anew: boolean): Asked | undefined {
    const { connection } = visitor
    if (connection !== undefined && !connection.closed && !connection.busy && !anew) return connection
    connection?.leave()
    if (this.#full) this.#forgetOldest() // one visitor has gone, so another has room
    visitor.connection = this.#full ? undefined : this.#open(visitor)
    return visitor.connection
  }

  /** The visitor has what they wanted, or never will. */
  goAway(visitor: Visitor): void {
    const { connection } = visitor
    visitor.walk = undefined
    if (connection === undefined || connection.closed) return
    if (connection.busy) connection.leave()
    else this.#away.push(visitor)
  }

  /** Everybody who is away is gone for good. */
  forget(): void {
    while (this.#away.length > 0) this.#away.pop()!.connection?.leave()
  }

  /** The cookies that the last answer sets. */
  keepCookies(visitor: Visitor, path: string): void {
    for (const cookie of visitor.connection?.response.head.setCookies ?? [])
      visitor.jar.take(cookie, path, this.#clock.now())
  }

  get #full(): boolean {
    return this.#tally.get('connections') >= this.#job.maxConnections
  }

  #forgetOldest(): void {
    this.#away.shift()?.connection?.leave()
  }

  #open(visitor: Visitor): Asked {
    this.#tally.add('opened')
    this.#tally.add('connections')
    const Kind = this.#job.http2 ? Http2Connection : Connection
    const localAddress = this.#job.from[this.#tally.get('opened') % this.#job.from.length]
    return new Kind(localAddress === undefined ? this.#job : { ...this.#job, localAddress }, {
      read: bytes => this.#tally.add('bytes', bytes),
      ended: outcome => this.#onEnd(visitor, outcome),
      closed: () => this.#closed(visitor),
    })
  }

  #closed(visitor: Visitor): void {
    this.#tally.add('connections', -1)
    const index = this.#away.indexOf(visitor)
    if (index >= 0) this.#away.splice(index, 1)
  }
}
