// The connections to one origin server, one request at a time on each. Those given back last are taken first, so that few
// are kept warm; the permits bound how many there are. A connection that was idle may be closed by the origin just as a
// request is written to it, so requests that cannot be repeated get one that was busy a moment ago, or a fresh one.

import type { Socket } from 'node:net'
import { buildConnector, Client } from 'undici'
import type { Addresses } from './addresses.ts'
import type { OriginTarget } from './target.ts'

/** Idle connections kept, sockets or not: beyond any limit of requests in flight that makes sense to one origin. */
const KEPT = 1024
/** Response header section at most, bytes: twice what visitors may send us by default. */
const HEADER_BYTES = 64 * 1024
/** How long an idle connection is kept where the origin does not say, milliseconds: below the usual 5 s of servers. */
const IDLE = 4000
/** A connection that was given back within this many milliseconds is taken to be alive. */
const JUST_USED = 1000

export interface Connection {
  readonly client: Client
  readonly generation: number
  /** Monotonic milliseconds when its last request ended; -1 before the first. */
  usedAt: number
}

export class Connections {
  readonly #target: OriginTarget
  readonly #options: Client.Options
  readonly #idle: Connection[] = []
  #generation = 0
  #isClosed = false

  constructor(target: OriginTarget, addresses: Addresses | null) {
    this.#target = target
    this.#options = {
      connect: connectorTo(target, addresses),
      pipelining: 1,
      maxHeaderSize: HEADER_BYTES,
      keepAliveTimeout: IDLE,
      // Silence is watched for in one place for all requests; see silence.ts.
      headersTimeout: 0,
      bodyTimeout: 0,
    }
  }

  /** A connection for a request; `now` in monotonic milliseconds. */
  take(isSafe: boolean, now: number): Connection {
    const last = this.#idle.at(-1)
    if (last === undefined || (!isSafe && now - last.usedAt > JUST_USED)) return this.fresh()
    this.#idle.pop()
    return last
  }

  /** One that no request was sent on before. */
  fresh(): Connection {
    return { client: new Client(this.#target.href, this.#options), generation: this.#generation, usedAt: -1 }
  }

  /** Its request has ended. */
  give(connection: Connection, now: number): void {
    connection.usedAt = now
    const isKept = !this.#isClosed && connection.generation === this.#generation && this.#idle.length < KEPT
    if (isKept) this.#idle.push(connection)
    else close(connection)
  }

  /** Its request has failed, and whatever is left of it with it. */
  drop({ client }: Connection): void {
    client.destroy().catch(() => {})
  }

  /** Addresses or options have changed: idle connections close now, busy ones when their request has ended. */
  renew(): void {
    this.#generation++
    for (const connection of this.#idle.splice(0)) close(connection)
  }

  close(): void {
    this.#isClosed = true
    this.renew()
  }
}

function close({ client }: Connection): void {
  client.close().catch(() => {})
}

/**
 * All plain sockets of the thread read into one buffer and keep a copy of just what came. Node allocates 64 KiB for each
 * read otherwise, and so much memory outside of its heap has V8 collect the whole of it several times a second.
 */
const ONE_BUFFER = {
  buffer: Buffer.allocUnsafeSlow(64 * 1024),
  callback(this: Socket, length: number, buffer: Uint8Array): boolean {
    return this.push(Buffer.from(buffer.subarray(0, length)))
  },
}

/** Opens sockets: by our own addresses for a named origin, with its own server name whatever Host is sent. */
export function connectorTo(target: OriginTarget, addresses: Addresses | null): buildConnector.connector {
  const { connectTimeout, tls } = target.options
  const connect = buildConnector({
    timeout: connectTimeout,
    allowH2: false,
    ...(addresses === null ? {} : { lookup: addresses.lookup }),
    ...(target.protocol === 'https' ? { rejectUnauthorized: tls.verify } : { onread: ONE_BUFFER }),
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
  })
  return (options, callback) => {
    const { servername: _, ...rest } = options
    connect(target.sni === null ? rest : { ...rest, servername: target.sni }, callback)
  }
}
