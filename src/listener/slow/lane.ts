// The slow lane: Node's own HTTP server, which never listens but is handed its connections, between strict judgement of
// what llhttp lets pass and the line of rooms. Every request that the fast lane cannot answer comes here; one
// that the fast lane has read whole already needs no second parser (lent.ts).

import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { Connection } from './connection.ts'
import { createSessions } from '../h2/sessions.ts'
import type { ParseError } from './parse-error.ts'
import { Tally } from './tally.ts'
import { LentConnection } from './lent.ts'
import type { Lender, Lent, Peer, SlowLane, SlowLaneDeps, SlowLimits } from './types.ts'
import { upgradeAsked } from './upgrade.ts'

/** All connections are looked at this often, in milliseconds, or twice within the shortest time-out. */
const SWEEP_MS = 1000

/** Makes a slow lane. It keeps no process alive by itself. */
export function createSlowLane(deps: SlowLaneDeps): SlowLane {
  const connections = new Map<Duplex, Connection>()
  const lent = new Set<LentConnection>()
  const tally = new Tally(deps.counters, deps.latency)
  const server = createHttpServer(connections)
  const sessions = createSessions(deps, tally)
  const sweep = (): void => {
    const now = deps.clock.monotonic()
    for (const connection of connections.values()) connection.sweep(now)
    for (const connection of lent) connection.sweep(now)
    sessions.sweep(now)
  }
  const timer = setInterval(sweep, sweepEvery(deps.limits())).unref()
  return {
    adopt(duplex: Duplex, peer: Peer): void {
      bound(server, deps.limits())
      connections.set(duplex, new Connection(deps, tally, duplex, peer))
      duplex.once('close', () => connections.delete(duplex))
      server.emit('connection', duplex)
    },
    lend(lender: Lender): Lent {
      const connection = new LentConnection(deps, tally, lender, each => lent.delete(each))
      lent.add(connection)
      return connection
    },
    multiplex: (carried, peer) => sessions.adopt(carried, peer),
    get connections() {
      return connections.size + sessions.size
    },
    get inFlight() {
      const busy = sessions.inFlight + [...lent].filter(each => each.isBusy).length
      return [...connections.values()].reduce((sum, connection) => sum + connection.inFlight, busy)
    },
    sweep,
    closeIdle(): void {
      for (const connection of connections.values()) connection.closeIfIdle()
    },
    close(): void {
      clearInterval(timer)
      for (const duplex of connections.keys()) duplex.destroy()
      sessions.close()
    },
  }
}

function createHttpServer(connections: Map<Duplex, Connection>): Server {
  const server = createServer({
    insecureHTTPParser: false,
    // Judged in head.ts, with the other fields that two readers could take for different things.
    requireHostHeader: false,
    // Time is kept by the sweep: none of these fires on a server that does not listen.
    keepAliveTimeout: 0,
    headersTimeout: 0,
    requestTimeout: 0,
    // A request without a body costs no stream; one with a body of no bytes neither.
    optimizeEmptyRequests: true,
    shouldUpgradeCallback: request =>
      connections.get(request.socket)?.isIdle === true && upgradeAsked(request) !== undefined,
  })
  // A visitor that ends its side after its request still gets the answer, if that comes soon (see overdue.ts).
  ;(server as Server & { httpAllowHalfOpen?: boolean }).httpAllowHalfOpen = true
  const take = (request: IncomingMessage, response: ServerResponse): void =>
    connections.get(request.socket)?.take(request, response)
  server.on('request', take)
  server.on('checkContinue', take)
  server.on('checkExpectation', take)
  server.on('connect', (request, duplex) => detached(connections, request, duplex, new Uint8Array(0)))
  server.on('upgrade', (request, duplex, head) => detached(connections, request, duplex, head))
  server.on('clientError', (error: ParseError, duplex) => connections.get(duplex)?.fail(error))
  return server
}

/**
 * node:http lets go of a connection that asks for an upgrade or a tunnel. It is answered through a response of our own all
 * the same, so that refusals look alike. Behind other requests neither can be answered in its turn.
 */
function detached(
  connections: Map<Duplex, Connection>,
  request: IncomingMessage,
  duplex: Duplex,
  head: Uint8Array,
): void {
  const connection = connections.get(duplex)
  if (connection?.isIdle !== true || connection.isClosing) {
    duplex.destroy()
    return
  }
  const response = new ServerResponse(request)
  response.assignSocket(duplex as Socket)
  response.shouldKeepAlive = false
  duplex.on('drain', () => response.emit('drain'))
  connection.take(request, response, { protocol: upgradeAsked(request) ?? '', head })
}

/** Bounds for llhttp, read for each connection, so that a new config holds for the next one. */
function bound(server: Server, limits: SlowLimits): void {
  // Its own bound lies above ours, so that a target or a section that is a little too large is told exactly; 32 bytes a
  // line is more than it counts beside the bytes themselves.
  const maxHeaderSize = limits.targetBytes + limits.headerBytes + 32 * limits.headerCount
  ;(server as Server & { maxHeaderSize?: number }).maxHeaderSize = maxHeaderSize
  // One more than is allowed is enough to see that there are too many.
  server.maxHeadersCount = limits.headerCount + 1
}

function sweepEvery(limits: SlowLimits): number {
  const shortest = Math.min(limits.headTimeout, limits.idleTimeout, limits.bodyTimeout, limits.sendTimeout)
  return Math.max(20, Math.min(SWEEP_MS, shortest / 2))
}
