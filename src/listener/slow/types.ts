// What the slow lane needs and what it offers: its whole surface, for the fast lane and for the edge that builds it.

import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Clock } from '../../base/clock.ts'
import type { Mode } from '../../config/modes.ts'
import type { Score } from '../../board/scores.ts'
import type { LimitsConfig, SiteConfig } from '../../config/types.ts'
import type { Answer, Next } from '../../exchange.ts'
import type { Fields } from '../../http/fields.ts'
import type { Log } from '../../threads/log.ts'
import type { Ears } from '../ended.ts'
import type { Visit, Visitors } from '../visit.ts'

/** The bounds that the slow lane enforces: bytes, counts and milliseconds, see config/table/limits.ts. */
export type SlowLimits = { idleTimeout: number } & Pick<
  LimitsConfig,
  | 'targetBytes'
  | 'headerBytes'
  | 'headerCount'
  | 'headTimeout'
  | 'leastRate'
  | 'bodyTimeout'
  | 'sendTimeout'
  | 'requestBody'
>

export interface SlowLaneDeps {
  /** The folded line of rooms. Asked anew for each request, so that a new config takes effect at the next one. */
  answer: Next
  /** Read for each connection and request. */
  limits(): SlowLimits
  clock: Clock
  /** This edge's row of the board (Board.edge). */
  counters: Int32Array
  /** This edge's latencies in the slow lane (Board.latency with Latency.slowLane). */
  latency: Int32Array
  visitors: Visitors
  /** Where the site's answers are counted. */
  scoreOf(site: SiteConfig, fields: Fields): Pick<Score, 'good' | 'bad' | 'left'>
  /** Hears of each request that has ended. */
  ears?: Pick<Ears, 'ended'>
  /** May this visitor see how long what took (Server-Timing)? */
  isTimed?(client: string): boolean
  log: Log
  /** The present as an HTTP date (RFC 9110 section 5.6.7), for answers that came without one. */
  date(): string
  /** What else there is below /.breakwater/; undefined where there is nothing for the target. */
  own?: (head: { target: string; host: string; fields: Fields }) => Answer | undefined
  /** The public status page, where the request is for it. */
  status?: { answer(head: { method: string; host: string; target: string }): Answer | undefined }
  /** True once the process takes nothing new: answers say `Connection: close` from then on. */
  draining(): boolean
  /** Every answer is its connection's last; so it is while draining. */
  parting(): boolean
  /** The mode of the site that the host belongs to; undefined where it belongs to none. */
  modeOf(host: string): Mode | undefined
  /** The page of a receipt for a collected form, where forms are collected. */
  receiptPage?(request: { readonly host: string; readonly fields: Fields }, receipt: string): Promise<Answer>
}

export interface Peer {
  address: string
  port: number
  secure: boolean
  answered?: number
}

/** A request that the fast lane has read whole, of a kind that it takes (listener/fast/head.ts). */
export interface LentRequest {
  method: 'GET' | 'HEAD' | 'POST'
  target: string
  fields: Fields
  /** Its bytes, as many as its length says; null where there are none. */
  body: Buffer | null
  /** The visitor did not ask for the connection's end. */
  keepsAlive: boolean
  /** Of its head and body. */
  bytes: number
}

/** A connection of the fast lane, which keeps its time-outs and reads its bytes. */
export interface Lender {
  readonly socket: Socket
  readonly peer: Peer
  readonly visit: Pick<Visit, 'seen'>
  /** Called when the last byte of an answer was taken. Unless it goes on, our side has ended. */
  answered(goesOn: boolean): void
}

export interface Lent {
  /** The next request: only when the one before is answered. */
  take(request: LentRequest): void
  /** Nothing more will come from the visitor. */
  visitorEnded(): void
  /** The connection has closed, or goes on otherwise. */
  leave(): void
}

/** Where a request's body comes from: an IncomingMessage, or a stream of HTTP/2 in its shape. */
export interface BodySource {
  readonly rawTrailers: string[]
  readonly complete: boolean
  readonly readableLength: number
  on(name: 'data', listener: (chunk: Buffer) => void): unknown
  once(name: 'end', listener: () => void): unknown
  pause(): unknown
  resume(): unknown
}

/** A connection that carries many requests at once; it keeps its own time-outs. */
export interface Multiplexed {
  /** No request has come on it. */
  readonly isUnused: boolean
  /** No more requests on it; it closes when those that are open are answered. */
  drain(): void
  destroy(): void
}

/** A connection of HTTP/2 whose hits are answered before the rest comes to the slow lane. */
export interface Carried {
  /** The rest, as a connection of its own. */
  readonly duplex: Duplex
  /** Bytes of the rest, so far. */
  readonly bytesRead: number
  readonly bytesWritten: number
  /** Bytes that the visitor has taken, and that wait for it, whoever answered. */
  readonly taken: number
  readonly pending: number
  /** Monotonic ms of the last answer that was given before; 0 for none. */
  readonly lastHit: number
  destroy(): void
}

export interface SlowLane {
  /**
   * Takes a connection over: its bytes are read as HTTP/1.x requests, and answered. A `net.Socket` should come from a
   * server with `allowHalfOpen: true`, so that a refused upload can still be told why.
   */
  adopt(duplex: Duplex, peer: Peer): void
  /** Answers requests of a connection that stays its owner's. */
  lend(lender: Lender): Lent
  /** Takes what is not answered at once of a connection whose handshake has settled on HTTP/2. */
  multiplex(carried: Carried, peer: Peer): Multiplexed
  /** Connections adopted and still open. */
  readonly connections: number
  /** Requests being answered now, upgraded connections among them. */
  readonly inFlight: number
  /** Looks for what has taken too long. Runs by itself; a test with its own clock may call it. */
  sweep(): void
  /** Closes the connections on which no request is being answered. */
  closeIdle(): void
  /** Ends everything at once. */
  close(): void
}
