// The fast lane: accepts connections, keeps count of them, and sweeps out those that wait too long. What it shares with
// its connections stands here; how a connection goes stands in connection.ts.

import type { Socket } from 'node:net'
import type { Clock } from '../../base/clock.ts'
import type { Hazards } from '../../store/hazards.ts'
import { formatDate } from '../../http/dates.ts'
import { faultAnswer } from '../fault.ts'
import type { Ears } from '../ended.ts'
import type { Source } from '../proxy-header.ts'
import type { Multiplexed, SlowLane } from '../slow/types.ts'
import type { Visitors } from '../visit.ts'
import { Front } from '../h2/front.ts'
import { FastConnection } from './connection.ts'
import type { FastCount } from './count.ts'
import type { FastHits, Peer } from './hits.ts'

/** What becomes of a new connection: in, and who wants to know when it closes, or closed at once. */
export type Entry = { readonly leave: (() => void) | undefined } | 'denied' | 'too many'

/** Heads above one of the first three are the slow lane's to refuse. */
export interface FastLimits {
  /** Bytes of a request head, request line included. */
  headerBytes: number
  headerCount: number
  /** Bytes of a request target. */
  targetBytes: number
  /** Milliseconds for a head to become whole. */
  headTimeout: number
  /** Milliseconds without a request on an open connection. */
  idleTimeout: number
  /** Milliseconds in which a visitor takes nothing of an answer. */
  sendTimeout: number
  /** Bytes a second that a visitor has to take of an answer that waits for it. */
  leastRate: number
  /** Open connections of this edge. */
  connections: number
}

/** Who takes what the fast lane does not answer. */
export type SlowSide = Pick<SlowLane, 'adopt' | 'lend' | 'multiplex'>

export interface FastLaneParts {
  hits: FastHits
  slow: SlowSide
  hazards: Hazards
  count: FastCount
  visitors: Visitors
  /** Hears of answers, where anybody wants to. */
  ears?: Ears
  clock: Clock
  limits: FastLimits
  /** Asked for each connection before anything is read of it. */
  enter?: (address: string) => Entry
}

/** How long a client may keep a connection open that we have ended, in milliseconds; what it sends is thrown away. */
const CLOSING_MS = 2000

/** Milliseconds that a draining lane leaves a new connection for its first request. */
const NEWCOMERS = 500

function peerOf(socket: Socket, source: Source | undefined): Peer {
  const { address, port, secure } = source ?? {
    address: socket.remoteAddress ?? '',
    port: socket.remotePort ?? 0,
    secure: false,
  }
  return { address, port, secure: secure || 'encrypted' in socket, answered: 0 }
}

/** Which protocol the handshake has settled on (RFC 7301). */
const isMultiplexed = (socket: Socket): boolean => 'alpnProtocol' in socket && socket.alpnProtocol === 'h2'

export class FastLane {
  readonly hits: FastHits
  readonly slow: SlowSide
  readonly hazards: Hazards
  readonly count: FastCount
  readonly visitors: Visitors
  readonly ears: Ears | undefined
  readonly clock: Clock
  limits: FastLimits
  draining = false
  /** Every answer is its connection's last. */
  parting = false
  readonly #enter: FastLaneParts['enter']
  readonly #connections = new Set<FastConnection>()
  readonly #sessions = new Set<Multiplexed>()
  /** Of those that are counted by their address. */
  readonly #leaving = new Map<FastConnection | Multiplexed, () => void>()

  constructor(parts: FastLaneParts) {
    this.hits = parts.hits
    this.slow = parts.slow
    this.hazards = parts.hazards
    this.count = parts.count
    this.visitors = parts.visitors
    this.ears = parts.ears
    this.clock = parts.clock
    this.limits = parts.limits
    this.#enter = parts.enter
  }

  get size(): number {
    return this.#connections.size + this.#sessions.size
  }

  /** `source`: who is at the other end, where a proxy has said that it is not the socket's own peer. */
  accept(socket: Socket, source?: Source): void {
    if (this.size >= this.limits.connections) {
      this.count.overConnections()
      socket.destroy()
      return
    }
    const entry = this.#enter?.(source?.address ?? socket.remoteAddress ?? '')
    if (entry === 'denied' || entry === 'too many') {
      if (entry === 'denied') this.count.denied()
      else this.count.tooMany()
      socket.destroy()
      return
    }
    const peer = peerOf(socket, source)
    const connection = isMultiplexed(socket) ? this.#multiplex(socket, peer) : new FastConnection(this, socket, peer)
    if (connection instanceof FastConnection) this.#connections.add(connection)
    if (entry?.leave !== undefined) this.#leaving.set(connection, entry.leave)
    this.count.accepted()
  }

  #multiplex(socket: Socket, peer: Peer): Multiplexed {
    const { session } = new Front(this, socket, peer)
    this.#sessions.add(session)
    if (socket.destroyed) setImmediate(() => this.forget(session))
    else socket.once('close', () => this.forget(session))
    return session
  }

  forget(connection: FastConnection | Multiplexed): void {
    const isKnown =
      connection instanceof FastConnection ? this.#connections.delete(connection) : this.#sessions.delete(connection)
    if (!isKnown) return
    this.count.closed()
    this.#leaving.get(connection)?.()
    this.#leaving.delete(connection)
  }

  /**
   * Before a successor takes over: a connection ends with its next answer, so that no request meets one that closes. New ones are
   * taken. HTTP/2 tells its visitors to send what is new elsewhere.
   */
  part(): void {
    this.parting = true
    for (const session of this.#sessions) session.drain()
  }

  /**
   * Idle connections close now, the others with their next answer. One that has just been accepted has a request on its
   * way, as a rule, and gets its answer.
   */
  drain(): void {
    this.draining = this.parting = true
    const all = (): (FastConnection | Multiplexed)[] => [...this.#connections, ...this.#sessions]
    for (const connection of all()) if (!connection.isUnused) connection.drain()
    setTimeout(() => {
      for (const connection of all()) connection.drain()
    }, NEWCOMERS).unref()
  }

  /** Ends all that is left. */
  destroy(): void {
    for (const connection of this.#connections) connection.socket.destroy()
    for (const session of this.#sessions) session.destroy()
  }

  /** To be called each second: closes what has waited longer than its phase allows. */
  sweep(): void {
    const now = this.clock.monotonic()
    for (const connection of this.#connections) {
      const allowed = this.#allowed(connection, now)
      if (now - connection.lastActive > allowed) this.#expire(connection)
    }
  }

  /** Milliseconds that may pass from `lastActive` on. What a given connection may take is the slow lane's to say. */
  #allowed(connection: FastConnection, now: number): number {
    const { phase } = connection
    if (phase === 'given') return Infinity
    if (phase === 'reading') return connection.isIdle ? this.limits.idleTimeout : this.limits.headTimeout
    if (connection.isSending(now)) return this.limits.sendTimeout
    return phase === 'closing' ? CLOSING_MS : Infinity
  }

  #expire(connection: FastConnection): void {
    const { phase, isIdle, socket } = connection
    if (phase !== 'closing') this.count.timedOut()
    if (phase !== 'reading' || isIdle) {
      socket.destroy()
      return
    }
    this.count.refused()
    connection.refuse(faultAnswer('head-timeout', formatDate(this.clock.now())))
  }
}
