// The part of an edge that talks to origin servers, on a real socket: slow lane, admission and origin room, with a plain
// queue in core's place. Origins are servers that the test writes, some of which misbehave on purpose.

import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { RequestListener, Server } from 'node:http'
import { connect, createServer as createTcp } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CoreLink } from '../../src/admission/link.ts'
import { createAdmissionRoom } from '../../src/admission/room.ts'
import { systemClock } from '../../src/base/clock.ts'
import { Board, FlightWord, GlobalWord, Latency, OriginWord } from '../../src/board/board.ts'
import { counterIndex } from '../../src/board/counters.ts'
import type { CounterName } from '../../src/board/counters.ts'
import { Places } from '../../src/board/places.ts'
import { readConfig } from '../../src/config/read.ts'
import type { Config, ConfigInput } from '../../src/config/types.ts'
import { foldLine } from '../../src/exchange.ts'
import type { Exchange, Room } from '../../src/exchange.ts'
import { compileProxies } from '../../src/client/proxies.ts'
import { Audience } from '../../src/edge/audience.ts'
import { limitsInForce } from '../../src/edge/limits.ts'
import { createSlowLane } from '../../src/listener/slow/lane.ts'
import type { Resolve } from '../../src/origin/addresses.ts'
import { Origins } from '../../src/origin/origins.ts'
import { createOriginRoom } from '../../src/origin/room.ts'
import { Spool } from '../../src/spool/spool.ts'
import type { CoreToEdge, EdgeToCore, OriginRow } from '../../src/threads/messages.ts'

export interface Shield {
  port: number
  board: Board
  places: Places
  origins: Origins
  link: CoreLink
  spool: Spool
  core: QueueCore
  count(name: CounterName): number
  flight(origin: number, word: keyof typeof FlightWord): number
  logged: string[]
  /** The last exchange that came to the origin room. */
  last(): Exchange
  [Symbol.asyncDispose](): Promise<void>
}

interface Wishes {
  config?: Partial<ConfigInput>
  /** Options of the site's origins as a whole. */
  origin?: Record<string, unknown>
  resolve?: Resolve
  /** What files named in the config hold. */
  readFile?: () => string
  inFlight?: number
  queue?: { length: number; wait: string }
  /** Runs before admission: sets what the site, client and cache rooms would. */
  before?: (exchange: Exchange) => void
}

const machine = { env: {}, memory: 2 ** 30, cpus: 2, resolvePath: (path: string) => path, readFile: () => '' }

function configOf(given: unknown, readFile = machine.readFile): Config {
  const { config, problems } = readConfig(given, { ...machine, readFile })
  if (config === undefined) throw new Error(problems.map(({ message }) => message).join('; '))
  return config
}

/** `origins`: URLs, or entries of the config's list. */
export async function shield(origins: unknown[], wishes: Wishes = {}): Promise<Shield> {
  const inFlight = wishes.inFlight ?? 64
  const site = { origins, origin: { concurrency: inFlight, queue: wishes.queue, ...wishes.origin } }
  const config = configOf(JSON.parse(JSON.stringify({ ...wishes.config, sites: [site] })), wishes.readFile)
  const board = new Board()
  Atomics.store(board.global, GlobalWord.slots, 1)
  const directory = mkdtempSync(join(tmpdir(), 'breakwater-spool-'))
  const spool = new Spool(directory, config.limits.spool)
  const logged: string[] = []
  const log = (_level: string, event: string, detail: Record<string, unknown> = {}): void =>
    void logged.push(`${event} ${typeof detail['reason'] === 'string' ? detail['reason'] : ''}`.trim())
  const places = new Places({ board, slot: 0, streams: config.limits.streams, freed: origin => link.freed(origin) })
  const link = new CoreLink({ board, places, clock: systemClock, arrive: () => undefined })
  const core = new QueueCore(board, message => link.receive(message))
  link.connect(core)
  const table = new Origins({
    config,
    board,
    slot: 0,
    clock: systemClock,
    log,
    ...(wishes.resolve && { resolve: wishes.resolve }),
  })
  const rows = config.sites[0]!.origins.map(({ url }, index): OriginRow => ({
    index,
    site: config.sites[0]!.name,
    url: url.href,
    state: 'up',
  }))
  for (const { index } of rows) Atomics.store(board.origin(index), OriginWord.limit, inFlight)
  places.update(rows)
  table.update(rows)
  let last: Exchange | undefined
  const first: Room = (exchange, next) => {
    last = exchange
    exchange.site = config.sites[0]!
    exchange.settings = { requestHeaders: null, mode: 'normal' } as Exchange['settings']
    exchange.outcome = 'pass'
    wishes.before?.(exchange)
    return next(exchange)
  }
  const answer = foldLine([
    first,
    createAdmissionRoom({ link, places, spool, clock: systemClock, countQueued() {}, limits: () => config.limits }),
    createOriginRoom({ board, slot: 0, clock: systemClock, log, places, spool, origins: table }),
  ])
  const audience = new Audience(board, 0, () => compileProxies({ trusted: [] }))
  const lane = createSlowLane({
    answer,
    limits: () => limitsInForce(config.limits, [], 0),
    clock: systemClock,
    counters: board.edge(0),
    latency: board.latency(0, Latency.slowLane),
    visitors: audience,
    scoreOf: site => audience.scoreOf(site),
    log,
    date: () => new Date().toUTCString(),
    draining: () => false,
    parting: () => false,
    modeOf: () => 'normal' as const,
  })
  const server = createTcp({ allowHalfOpen: true }, socket =>
    lane.adopt(socket, { address: '127.0.0.1', port: socket.remotePort ?? 0, secure: false }),
  )
  await listening(server)
  return {
    port: portOf(server),
    board,
    places,
    origins: table,
    link,
    spool,
    core,
    count: name => board.edge(0)[counterIndex[name]]!,
    flight: (origin, word) => board.flight(0, origin)[FlightWord[word]]!,
    logged,
    last: () => last!,
    [Symbol.asyncDispose]: async () => {
      server.close()
      lane.close()
      link.close()
      table.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** First come, first served, as core does it for requests that nobody shares. */
export class QueueCore {
  isAway = false
  readonly heard: EdgeToCore[] = []
  readonly #board: Board
  readonly #deliver: (message: CoreToEdge) => void
  readonly #waiting: number[] = []
  most = Infinity

  constructor(board: Board, deliver: (message: CoreToEdge) => void) {
    this.#board = board
    this.#deliver = deliver
    this.tick()
  }

  /** Shows life. */
  tick(): void {
    if (!this.isAway) Atomics.store(this.#board.global, GlobalWord.coreTick, Math.floor(Date.now() / 1000))
  }

  send(message: EdgeToCore): void {
    this.heard.push(message)
    if (!this.isAway) setImmediate(() => this.#take(message))
  }

  #take(message: EdgeToCore): void {
    this.tick()
    if (message.type === 'ask') {
      if (this.#waiting.length >= this.most) {
        return this.#deliver({ type: 'refuse', id: message.id, reason: 'queue-full', retryAfter: 3 })
      }
      this.#waiting.push(message.id)
    } else if (message.type === 'gone') {
      const at = this.#waiting.indexOf(message.id)
      if (at !== -1) this.#waiting.splice(at, 1)
    }
    this.#serve()
  }

  #serve(): void {
    const words = this.#board.origin(0)
    const flight = this.#board.flight(0, 0)
    Atomics.store(words, OriginWord.waiting, this.#waiting.length)
    const limit = Atomics.load(words, OriginWord.limit)
    while (this.#waiting.length > 0 && Atomics.load(flight, FlightWord.inFlight) < limit) {
      Atomics.add(flight, FlightWord.inFlight, 1)
      this.#deliver({ type: 'fetch', id: this.#waiting.shift()!, origin: 0 })
      Atomics.store(words, OriginWord.waiting, this.#waiting.length)
    }
  }
}

export interface Running {
  url: string
  port: number
  server: Server
  [Symbol.asyncDispose](): Promise<void>
}

/** An origin server that behaves as the test says. */
export async function origin(listener: RequestListener): Promise<Running> {
  const server = createServer(listener)
  server.keepAliveTimeout = 60_000
  await listening(server)
  return running(server)
}

/** An origin server that speaks raw bytes: `speak` gets each connection with the first bytes that came on it. */
export async function rawOrigin(speak: (socket: Socket, bytes: string) => void): Promise<Running> {
  const sockets = new Set<Socket>()
  const server = createTcp(socket => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('data', bytes => speak(socket, bytes.toString('latin1')))
  })
  await listening(server)
  const made = running(server as unknown as Server)
  return {
    ...made,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

function running(server: Server): Running {
  const port = portOf(server)
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    server,
    [Symbol.asyncDispose]: async () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

const listening = (server: { listen(port: number, host: string, done: () => void): unknown }): Promise<void> =>
  new Promise(resolve => void server.listen(0, '127.0.0.1', resolve))

const portOf = (server: { address(): unknown }): number => (server.address() as AddressInfo).port

/** Sends bytes (latin1) and reads until the connection closes. */
export function raw(port: number, bytes: string): Promise<string> {
  return new Promise(resolve => {
    let got = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes, 'latin1'))
    socket.on('data', chunk => (got += chunk.toString('latin1')))
    socket.on('error', () => {})
    socket.on('close', () => resolve(got))
  })
}

/** A GET of `path` on a connection of its own, with more header lines if given. */
export const get = (port: number, path: string, lines: string[] = [], method = 'GET'): Promise<string> =>
  raw(port, [`${method} ${path} HTTP/1.1`, 'Host: www.example.org', 'Connection: close', ...lines, '', ''].join('\r\n'))

export const bodyOf = (response: string): string => response.slice(response.indexOf('\r\n\r\n') + 4)
export const statusOf = (response: string): number => Number(response.slice(9, 12))

/** Waits until it is true, for two seconds at most. */
export async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 200 && !condition(); i++) await new Promise(resolve => setTimeout(resolve, 10))
  if (!condition()) throw new Error(`not within two seconds: ${condition.toString()}`)
}
