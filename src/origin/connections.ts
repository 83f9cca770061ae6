// The connections to one origin server: of HTTP/1.1, one request at a time on each; of HTTP/2, where it speaks that, many. Those given back last are taken first, so that few
// are kept warm; the permits bound how many there are. A connection that was idle may be closed by the origin just as a
// request is written to it, so requests that cannot be repeated get one that was busy a moment ago, or a fresh one.

import type { Clock } from '../base/clock.ts'
import type { Addresses } from './addresses.ts'
import type { OriginTarget } from './target.ts'
import type { Socket } from 'node:net'
import { Connection } from './wire/connection.ts'
import type { Keeper } from './wire/connection.ts'
import { Session } from './wire/session.ts'
import { opener } from './wire/socket.ts'
import type { Open } from './wire/socket.ts'
import type { Stream } from './wire/stream.ts'

/** Idle connections kept: beyond any limit of requests in flight that makes sense to one origin. */
const KEPT = 1024
/** How long an idle connection is kept where the origin does not say, milliseconds: below the usual 5 s of servers. */
const IDLE = 4000
/** Of HTTP/2, milliseconds: an origin that ends one says so first, and what it has not begun with is asked again. */
const IDLE_SESSION = 30_000
/** How much sooner than the origin says, milliseconds: what our word to it may take on its way; and the longest in any case. */
const SOONER = 1000
const LONGEST = 600_000
/** A connection that was given back within this many milliseconds is taken to be alive. */
const JUST_USED = 1000

export class Connections implements Keeper {
  readonly #open: Open
  /** For what HTTP/2 cannot carry: a change of protocols. */
  readonly #openPlainly: Open
  readonly #href: string
  /** Of HTTP/2, that may take another request. */
  readonly #sessions: Session[] = []
  readonly #clock: Clock
  /** Those given back last at the end. */
  readonly #idle: Connection[] = []
  #generation = 0
  #isClosed = false

  constructor(target: OriginTarget, addresses: Addresses | null, clock: Clock) {
    this.#openPlainly = opener(target, addresses, ['http/1.1'])
    this.#open = target.options.http2 ? opener(target, addresses, ['h2', 'http/1.1']) : this.#openPlainly
    this.#href = target.href
    this.#clock = clock
  }

  /** A connection for a request; `now` in monotonic milliseconds, `switches`: it asks for a change of protocols. */
  take(isSafe: boolean, now: number, switches: boolean): Connection | Stream {
    if (!switches && this.#sessions.length > 0) {
      const session = this.#sessions.find(
        each => each.hasRoom && (isSafe || !each.isIdle || now - each.usedAt <= JUST_USED),
      )
      if (session !== undefined) return session.stream()
    }
    const last = this.#idle.at(-1)
    if (last === undefined || (!isSafe && now - last.usedAt > JUST_USED)) return this.fresh(switches)
    this.#idle.pop()
    return last
  }

  /** One that no request was sent on before. */
  fresh(switches: boolean): Connection {
    return new Connection(switches ? this.#openPlainly : this.#open, this, this.#generation)
  }

  multiplexed(socket: Socket): Stream {
    const session = new Session(
      socket,
      this.#href,
      this.#generation,
      () => this.#clock.monotonic(),
      each => this.#forget(each),
    )
    if (!this.#isClosed) this.#sessions.push(session)
    return session.stream()
  }

  #forget(session: Session): void {
    const at = this.#sessions.indexOf(session)
    if (at !== -1) this.#sessions.splice(at, 1)
  }

  free(connection: Connection): void {
    connection.usedAt = this.#clock.monotonic()
    const isCurrent = !this.#isClosed && connection.generation === this.#generation
    if (isCurrent && this.#idle.length < KEPT && idleTime(connection) > 0) this.#idle.push(connection)
    else connection.close()
  }

  gone(connection: Connection): void {
    const at = this.#idle.lastIndexOf(connection)
    if (at !== -1) this.#idle.splice(at, 1)
  }

  /** Closes those that the origin may be about to close. To be called a few times a second. */
  sweep(): void {
    if (this.#idle.length === 0 && this.#sessions.length === 0) return
    const now = this.#clock.monotonic()
    for (const session of this.#sessions.filter(each => each.isIdle && each.usedAt >= 0)) {
      if (now - session.usedAt < IDLE_SESSION) continue
      this.#forget(session)
      session.leave()
    }
    for (const connection of this.#idle.filter(each => now - each.usedAt >= idleTime(each))) {
      this.gone(connection)
      connection.close()
    }
  }

  /** Addresses or options have changed: idle connections close now, busy ones when their request has ended. */
  renew(): void {
    this.#generation++
    for (const connection of this.#idle.splice(0)) connection.close()
    for (const session of this.#sessions.splice(0)) session.leave()
  }

  close(): void {
    this.#isClosed = true
    this.renew()
  }
}

const idleTime = ({ keepsFor }: Connection): number =>
  keepsFor === undefined ? IDLE : Math.min(keepsFor - SOONER, LONGEST)
