// Connections from trusted proxies that begin with a PROXY protocol header: it is read and taken off before anybody else sees the
// connection, and whoever the proxy speaks for is told beside it. Others are handed on as they are.

import type { Socket } from 'node:net'
import { compileNetworks } from '../client/networks.ts'
import type { IsInside } from '../client/networks.ts'
import { plainAddress } from '../client/proxies.ts'
import type { Config } from '../config/types.ts'
import { readProxyHeader } from '../listener/proxy-header.ts'
import type { Source } from '../listener/proxy-header.ts'

/** Takes a connection, and who is at its other end where that is not the socket's own peer. */
export type Accept = (socket: Socket, source?: Source) => void

export interface PrefaceCount {
  /** A proxy's connection began with no header, or with a broken one, or with none in time. */
  unannounced(): void
}

export class Prefaces {
  readonly #count: PrefaceCount
  #isProxy: IsInside | null = null
  /** Milliseconds for the header to come; a proxy sends it with its first packet. */
  #within = 0
  #most = 0
  /** Connections whose header has not come. */
  #waiting = 0
  /** By the proxy's address and port: a connection that goes on to TLS comes out of it as another socket. */
  readonly #sources = new Map<string, Source>()

  constructor(config: Config, count: PrefaceCount) {
    this.#count = count
    this.configure(config)
  }

  configure({ proxies, limits, edges }: Config): void {
    this.#isProxy = proxies.proxyProtocol ? compileNetworks(proxies.trusted) : null
    this.#within = limits.headTimeout
    this.#most = Math.ceil(limits.connections / edges)
  }

  /** Hands the connection to `accept`, now or when its header has come; closes one that has none. */
  receive(socket: Socket, accept: Accept): void {
    if (this.#isProxy?.(plainAddress(socket.remoteAddress ?? '')) !== true) {
      accept(socket)
      return
    }
    if (this.#waiting >= this.#most) return this.#refuse(socket)
    this.#waiting++
    let held: Buffer = Buffer.alloc(0)
    const timer = setTimeout(() => settle('bad'), this.#within)
    const settle = (found: ReturnType<typeof readProxyHeader>): void => {
      clearTimeout(timer)
      this.#waiting--
      socket.off('readable', read).off('error', gone).off('close', gone).off('end', gone)
      if (typeof found === 'string') return this.#refuse(socket)
      this.#remember(socket, found.source)
      if (held.length > found.length) socket.unshift(held.subarray(found.length))
      accept(socket, found.source)
    }
    const gone = (): void => settle('bad')
    const read = (): void => {
      const bytes = socket.read() as Buffer | null
      if (bytes === null) return
      held = Buffer.concat([held, bytes])
      const found = readProxyHeader(held)
      if (found !== 'more') settle(found)
    }
    socket.on('readable', read).on('error', gone).on('close', gone).on('end', gone)
  }

  /** Who is behind a connection that came out of TLS. */
  sourceOf(secure: Socket): Source | undefined {
    return this.#sources.size === 0 ? undefined : this.#sources.get(nameOf(secure))
  }

  #remember(socket: Socket, source: Source | undefined): void {
    if (source === undefined) return
    const name = nameOf(socket)
    this.#sources.set(name, source)
    socket.once('close', () => this.#sources.delete(name))
  }

  #refuse(socket: Socket): void {
    this.#count.unannounced()
    socket.on('error', () => undefined)
    socket.destroy()
  }
}

/** The two ends of a connection tell it from every other that is open. */
const nameOf = ({ remoteAddress, remotePort, localPort }: Socket): string =>
  `${remoteAddress} ${remotePort} ${localPort}`
