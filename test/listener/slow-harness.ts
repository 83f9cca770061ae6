// A slow lane on a real listening socket, with a small application as the line, and a client that speaks raw bytes.

import { connect, createServer, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { Board, Latency } from '../../src/board/board.ts'
import { counterIndex, type CounterName, outcomes } from '../../src/board/counters.ts'
import { type Clock, systemClock } from '../../src/base/clock.ts'
import { compileProxies } from '../../src/client/proxies.ts'
import type { Answer, Body, Next } from '../../src/exchange.ts'
import type { Fields } from '../../src/http/fields.ts'
import { Audience } from '../../src/edge/audience.ts'
import { createSlowLane } from '../../src/listener/slow/lane.ts'
import type { SlowLimits } from '../../src/listener/slow/types.ts'

const limits: SlowLimits = {
  targetBytes: 2048,
  headerBytes: 8192,
  headerCount: 50,
  headTimeout: 10_000,
  idleTimeout: 60_000,
  bodyTimeout: 30_000,
  sendTimeout: 60_000,
  leastRate: 0,
  requestBody: 1024 * 1024,
}

export const text = (body: string, fields: Fields = [], status = 200): Answer => ({
  status,
  fields: ['Content-Type', 'text/plain', ...fields],
  body: Buffer.from(body),
})

/** Reads a request body to its end. */
export const readAll = (body: Body | null): Promise<{ text: string; trailers: Fields }> =>
  new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = []
    if (body === null) resolve({ text: '', trailers: [] })
    body?.pipe({
      data: chunk => void chunks.push(chunk),
      end: trailers => resolve({ text: Buffer.concat(chunks).toString('latin1'), trailers }),
      fail: reject,
    })
  })

/** Says what it was asked, as JSON. */
export const echo: Next = async x => {
  x.outcome = 'pass'
  const body = await readAll(x.body)
  return text(
    JSON.stringify({
      method: x.method,
      target: x.target,
      host: x.host,
      fields: x.fields,
      ...body,
      version: x.httpVersion,
    }),
  )
}

export interface Started {
  port: number
  lane: ReturnType<typeof createSlowLane>
  count(name: CounterName): number
  /** All outcomes that were counted, by name. */
  counted(): Record<string, number>
  latencies(): number
  logged: { event: string; detail: Record<string, unknown> }[]
  drain(): void
  /** Sends bytes (latin1) and reads until the connection closes or `quiet` ms pass without a byte. */
  raw(bytes: string | string[], more?: { quiet?: number; end?: boolean }): Promise<string>
  open(): Promise<Socket>
  [Symbol.asyncDispose](): Promise<void>
}

interface Wishes {
  limits?: Partial<SlowLimits>
  clock?: Clock
}

export async function start(answer: Next, wishes: Wishes = {}): Promise<Started> {
  const board = new Board()
  const row = board.edge(0)
  const latency = board.latency(0, Latency.slowLane)
  const logged: Started['logged'] = []
  let draining = false
  const audience = new Audience(board, 0, () => compileProxies({ trusted: [] }))
  const lane = createSlowLane({
    answer,
    limits: () => ({ ...limits, ...wishes.limits }),
    clock: wishes.clock ?? systemClock,
    counters: row,
    latency,
    visitors: audience,
    scoreOf: site => audience.scoreOf(site),
    log: (_level, event, detail = {}) => void logged.push({ event, detail }),
    date: () => 'Thu, 01 Jan 2026 00:00:00 GMT',
    draining: () => draining,
    parting: () => draining,
    modeOf: () => 'normal' as const,
  })
  const server = createServer({ allowHalfOpen: true, noDelay: true }, socket =>
    lane.adopt(socket, { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0, secure: false }),
  )
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const open = (): Promise<Socket> =>
    new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
      socket.once('connect', () => resolve(socket))
      socket.on('error', reject)
    })
  const count = (name: CounterName): number => Atomics.load(row, counterIndex[name])
  return {
    port,
    lane,
    logged,
    open,
    count,
    counted: () =>
      Object.fromEntries(outcomes.map(name => [name, count(name)] as const).filter(([, times]) => times > 0)),
    latencies: () => latency.reduce((sum, each) => sum + each, 0),
    drain: () => void (draining = true),
    raw: async (bytes, { quiet = 2000, end = false } = {}) => talk(await open(), bytes, quiet, end),
    async [Symbol.asyncDispose]() {
      lane.close()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

/** Writes each part by itself; resolves with all that came back. */
async function talk(socket: Socket, bytes: string | string[], quiet: number, end: boolean): Promise<string> {
  const whole = new Promise<string>(resolve => {
    let received = ''
    const finish = (): void => {
      socket.destroy()
      resolve(received)
    }
    socket.setTimeout(quiet, finish)
    socket.on('data', chunk => void (received += chunk.toString('latin1')))
    socket.on('end', finish)
    socket.on('close', finish)
  })
  const parts = typeof bytes === 'string' ? [bytes] : bytes
  for (const [i, part] of parts.entries()) {
    if (i > 0) await pause(5)
    socket.write(part, 'latin1')
  }
  if (end) socket.end()
  return whole
}

export const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

/** Waits until it holds; for things that happen soon, but not at a moment anybody can name. */
export async function until(holds: () => boolean, what: string, within = 5000): Promise<void> {
  const deadline = Date.now() + within
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`waited ${within} ms in vain until ${what}`)
    await pause(5)
  }
}

/** The statuses of all final answers in what a connection brought, in their order. */
export const statuses = (received: string): number[] =>
  [...received.matchAll(/HTTP\/1\.1 (\d{3}) [^\r\n]*\r\n/g)]
    .map(match => Number(match[1]))
    .filter(status => status >= 200)

export const bodyOf = (received: string): string => received.slice(received.indexOf('\r\n\r\n') + 4)
export const jsonOf = (received: string): Record<string, unknown> & { fields: Fields } =>
  JSON.parse(bodyOf(received)) as Record<string, unknown> & { fields: Fields }

/** A Body that a test feeds by hand. */
export class HandFed implements Body {
  readonly length: number | undefined
  sink: Parameters<Body['pipe']>[0] | undefined
  paused = 0
  resumed = 0
  cancelled: Error | undefined

  constructor(length?: number) {
    this.length = length
  }

  pipe(sink: Parameters<Body['pipe']>[0]): void {
    this.sink = sink
  }

  pause(): void {
    this.paused++
  }

  resume(): void {
    this.resumed++
  }

  cancel(why: Error): void {
    this.cancelled = why
  }
}
