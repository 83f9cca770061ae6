// The HTTP/2 side of the slow lane: Node's own server (nghttp2), which never listens but is handed connections whose handshake has
// settled on h2 (RFC 7301). What a visitor may cost at the most stands here.

import { createServer } from 'node:http2'
import type { Http2Server, ServerHttp2Session } from 'node:http2'
import type { Duplex } from 'node:stream'
import type { Tally } from '../slow/tally.ts'
import type { Carried, Multiplexed, Peer, SlowLaneDeps, SlowLimits } from '../slow/types.ts'
import { Session } from './session.ts'

/** Requests of one connection that are answered at the same time. Browsers open some tens; RFC 9113 section 6.5.2 asks for 100 at least. */
const STREAMS = 100
/**
 * Rapid reset (CVE-2023-44487): a stream that is opened and given up at once costs us a request and the visitor nothing. So many at once and
 * so many a second are people who leave pages; beyond them nghttp2 ends the connection.
 */
const RESETS_AT_ONCE = 200
const RESETS_A_SECOND = 20
/** Frames that make no sense, or streams beyond the bound, before the connection is ended. */
const BAD_FRAMES = 100
const REJECTED = 100
/** Settings in one frame, and pings that wait for their answer: there are some seven settings. */
const SETTINGS = 32
const PINGS = 10
/** Of a session as a whole, MB: heads that are being read, and answers whose visitor does not take them. */
const MEMORY = 10
/** Bytes of the table by which heads are compressed, for each direction (the default of RFC 7541). */
const HEADER_TABLE = 4096

export interface Sessions {
  adopt(carried: Carried, peer: Peer): Multiplexed
  readonly inFlight: number
  readonly size: number
  sweep(now: number): void
  close(): void
}

export function createSessions(deps: SlowLaneDeps, tally: Tally): Sessions {
  const open = new Map<Duplex, Session>()
  let server: { server: Http2Server; limits: string } | undefined
  /** Bounds are read when a session begins: another server holds for those that come after a new config. */
  const current = (): Http2Server => {
    const limits = deps.limits()
    const key = `${limits.headerBytes} ${limits.headerCount}`
    if (server?.limits !== key) server = { server: serverFor(limits), limits: key }
    return server.server
  }
  return {
    adopt(carried, peer) {
      const { duplex } = carried
      let adopted: Session | undefined
      const http2 = current()
      const take = (session: ServerHttp2Session): void => {
        adopted = new Session(deps, tally, session, carried, peer)
      }
      // It is made at once, or not at all.
      http2.once('session', take)
      http2.emit('connection', duplex)
      http2.off('session', take)
      if (adopted === undefined) {
        carried.destroy()
        return GONE
      }
      const session = adopted
      open.set(duplex, session)
      duplex.once('close', () => open.delete(duplex))
      return session
    },
    get inFlight() {
      return [...open.values()].reduce((sum, session) => sum + session.inFlight, 0)
    },
    get size() {
      return open.size
    },
    sweep(now) {
      for (const session of open.values()) session.sweep(now)
    },
    close() {
      for (const session of open.values()) session.destroy()
    },
  }
}

const GONE: Multiplexed = { isUnused: true, drain: () => {}, destroy: () => {} }

function serverFor({ headerBytes, headerCount }: SlowLimits): Http2Server {
  const server = createServer({
    maxSessionMemory: MEMORY,
    // Pseudo-fields, and one more than is allowed: our own judge says so then.
    maxHeaderListPairs: headerCount + 5,
    maxSessionInvalidFrames: BAD_FRAMES,
    maxSessionRejectedStreams: REJECTED,
    maxSettings: SETTINGS,
    maxOutstandingPings: PINGS,
    streamResetBurst: RESETS_AT_ONCE,
    streamResetRate: RESETS_A_SECOND,
    settings: {
      maxConcurrentStreams: STREAMS,
      // 32 bytes a field beside its own (RFC 9113 section 6.5.2).
      maxHeaderListSize: headerBytes + 32 * (headerCount + 5),
      headerTableSize: HEADER_TABLE,
      enablePush: false,
    },
  })
  server.on('sessionError', () => {})
  return server
}
