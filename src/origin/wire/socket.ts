// Opens sockets to an origin server: by our own addresses for a named one, with its own server name whatever Host is sent,
// and within the time that is allowed for it.

import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { connect as connectSecurely } from 'node:tls'
import type { TLSSocket } from 'node:tls'
import type { Addresses } from '../addresses.ts'
import { Ended } from '../failure.ts'
import type { OriginTarget } from '../target.ts'

/** Milliseconds of silence after which the kernel asks whether the other side is still there. */
const KEEP_ALIVE = 60_000

/** What becomes of the socket. The bytes are gone when `bytes` returns; what it returns is whether to read on. */
export interface SocketEvents {
  connected(): void
  bytes(buffer: Buffer, length: number): boolean
  /** The origin sends no more. */
  ended(): void
  /** Once, whatever the reason; undefined where it was closed in good order. */
  closed(error: Error | undefined): void
}

export type Open = (events: SocketEvents) => Socket

/**
 * All plain sockets of the thread read into one buffer. Node allocates 64 KiB for each read otherwise, and so much memory
 * outside of its heap has V8 collect the whole of it several times a second.
 */
const shared = Buffer.allocUnsafeSlow(64 * 1024)

/** What is offered in the handshake (RFC 7301), the first that the origin speaks being taken. */
export type Protocols = readonly ('h2' | 'http/1.1')[]

/** Whether the handshake has settled on HTTP/2. */
export const speaksHttp2 = (socket: Socket): boolean => (socket as Partial<TLSSocket>).alpnProtocol === 'h2'

/** How sockets to the target are opened. TLS sessions are resumed. */
export function opener(target: OriginTarget, addresses: Addresses | null, protocols: Protocols): Open {
  const { hostname: host, port, protocol, options } = target
  const to = { host, port, noDelay: true, ...(addresses === null ? {} : { lookup: addresses.lookup }) }
  const { verify, ca } = options.tls
  const secure = {
    ...to,
    rejectUnauthorized: verify,
    ALPNProtocols: [...protocols],
    ...(ca === undefined ? {} : { ca }),
    ...(target.sni === null ? {} : { servername: target.sni }),
  }
  let session: Buffer | undefined
  const openPlain: Open = events => {
    const onread = {
      buffer: shared,
      callback: (length: number, buffer: Uint8Array) => events.bytes(buffer as Buffer, length),
    }
    return connect({ ...to, onread })
  }
  const openSecure: Open = events => {
    const socket = connectSecurely({ ...secure, ...(session === undefined ? {} : { session }) })
    socket.on('session', ticket => (session = ticket))
    // HTTP/2 reads for itself.
    socket.once('secureConnect', () => {
      if (!speaksHttp2(socket)) socket.on('data', (chunk: Buffer) => void events.bytes(chunk, chunk.length))
    })
    return socket
  }
  return events => {
    const isPlain = protocol === 'http'
    const socket = isPlain ? openPlain(events) : openSecure(events)
    watch(socket, isPlain ? 'connect' : 'secureConnect', options.connectTimeout, events)
    return socket
  }
}

function watch(socket: Socket, connected: string, timeout: number, events: SocketEvents): void {
  let failure: Error | undefined
  const timer = setTimeout(() => socket.destroy(new Ended('connect-timeout')), timeout)
  socket.once(connected, () => {
    clearTimeout(timer)
    socket.setKeepAlive(true, KEEP_ALIVE)
    events.connected()
  })
  socket.on('error', error => (failure = error))
  socket.on('end', () => events.ended())
  socket.once('close', () => {
    clearTimeout(timer)
    events.closed(failure)
  })
}
