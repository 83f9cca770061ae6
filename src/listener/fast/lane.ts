// The fast lane: accepts connections, keeps count of them, and sweeps out those that wait too long. What it shares with
// its connections stands here; how a connection goes stands in connection.ts.

import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Clock } from '../../base/clock.ts'
import type { Hazards } from '../../store/hazards.ts'
import { formatDate } from '../../http/dates.ts'
import { faultAnswer } from '../fault.ts'
import type { Visitors } from '../visit.ts'
import { FastConnection } from './connection.ts'
import type { FastCount } from './count.ts'
import type { FastHits, Peer } from './hits.ts'

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
  /** Open connections of this edge. */
  connections: number
}

interface AdoptOptions {
  /** The fast lane keeps the connection's time-outs. */
  bridged: boolean
  onExchangeEnd(end: { keepAlive: boolean }): void
}

/** Who takes what the fast lane does not answer. */
export interface SlowSide {
  adopt(connection: Duplex, peer: Peer, options?: AdoptOptions): void
}

export interface FastLaneParts {
  hits: FastHits
  slow: SlowSide
  hazards: Hazards
  count: FastCount
  visitors: Visitors
  clock: Clock
  limits: FastLimits
  /** Whether connections from this address are closed before anything is read. */
  keepsOut?: (address: string) => boolean
}

/** How long a client may keep a connection open that we have ended, in milliseconds; what it sends is thrown away. */
const CLOSING_MS = 2000

/** Milliseconds that a draining lane leaves a new connection for its first request. */
const NEWCOMERS = 500

export class FastLane {
  readonly hits: FastHits
  readonly slow: SlowSide
  readonly hazards: Hazards
  readonly count: FastCount
  readonly visitors: Visitors
  readonly clock: Clock
  limits: FastLimits
  draining = false
  readonly #keepsOut: ((address: string) => boolean) | undefined
  readonly #connections = new Set<FastConnection>()

  constructor(parts: FastLaneParts) {
    this.hits = parts.hits
    this.slow = parts.slow
    this.hazards = parts.hazards
    this.count = parts.count
    this.visitors = parts.visitors
    this.clock = parts.clock
    this.limits = parts.limits
    this.#keepsOut = parts.keepsOut
  }

  get size(): number {
    return this.#connections.size
  }

  accept(socket: Socket): void {
    if (this.#connections.size >= this.limits.connections) {
      this.count.overConnections()
      socket.destroy()
      return
    }
    if (this.#keepsOut?.(socket.remoteAddress ?? '') === true) {
      this.count.denied()
      socket.destroy()
      return
    }
    const peer = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0, secure: 'encrypted' in socket }
    this.#connections.add(new FastConnection(this, socket, peer))
    this.count.accepted()
  }

  forget(connection: FastConnection): void {
    if (this.#connections.delete(connection)) this.count.closed()
  }

  /**
   * Idle connections close now, the others with their next answer. One that has just been accepted has a request on its
   * way, as a rule, and gets its answer.
   */
  drain(): void {
    this.draining = true
    for (const connection of this.#connections) if (!connection.isUnused) connection.drain()
    setTimeout(() => {
      for (const connection of this.#connections) connection.drain()
    }, NEWCOMERS).unref()
  }

  /** Ends all that is left. */
  destroy(): void {
    for (const connection of this.#connections) connection.socket.destroy()
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
