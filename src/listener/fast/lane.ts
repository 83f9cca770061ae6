// The fast lane: accepts connections, keeps count of them, and sweeps out those that wait too long. What it shares with
// its connections stands here; how a connection goes stands in connection.ts.

import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Clock } from '../../base/clock.ts'
import type { Hazards } from '../../store/hazards.ts'
import { FastConnection } from './connection.ts'
import type { FastCount } from './count.ts'
import type { FastHits, Peer } from './hits.ts'

export interface FastLimits {
  /** Bytes of a request head; larger ones are the slow lane's to refuse. */
  headBytes: number
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
  clock: Clock
  limits: FastLimits
}

const TIMED_OUT = 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'

export class FastLane {
  readonly hits: FastHits
  readonly slow: SlowSide
  readonly hazards: Hazards
  readonly count: FastCount
  readonly clock: Clock
  limits: FastLimits
  draining = false
  readonly #connections = new Set<FastConnection>()

  constructor(parts: FastLaneParts) {
    this.hits = parts.hits
    this.slow = parts.slow
    this.hazards = parts.hazards
    this.count = parts.count
    this.clock = parts.clock
    this.limits = parts.limits
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
    const peer = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0, secure: 'encrypted' in socket }
    this.#connections.add(new FastConnection(this, socket, peer))
    this.count.accepted()
  }

  forget(connection: FastConnection): void {
    if (this.#connections.delete(connection)) this.count.closed()
  }

  /** Idle connections close now, the others with their next answer. */
  drain(): void {
    this.draining = true
    for (const connection of this.#connections) connection.drain()
  }

  /** Ends all that is left. */
  destroy(): void {
    for (const connection of this.#connections) connection.socket.destroy()
  }

  /** To be called each second: closes what has waited longer than its phase allows. */
  sweep(): void {
    const now = this.clock.monotonic()
    for (const connection of this.#connections) {
      const waited = now - connection.lastActive
      if (connection.isIdle && waited > this.limits.idleTimeout) this.#expire(connection, '')
      else if (connection.phase === 'writing' && waited > this.limits.sendTimeout) this.#expire(connection, '')
      else if (connection.phase === 'reading' && !connection.isIdle && waited > this.limits.headTimeout) {
        this.#expire(connection, TIMED_OUT)
      }
    }
  }

  #expire(connection: FastConnection, answer: string): void {
    this.count.timedOut()
    if (answer === '') connection.socket.destroy()
    else connection.socket.end(answer)
  }
}
