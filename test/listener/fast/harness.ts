// Both lanes on a real listening socket over a filled store, a clock that stands still, and a client that speaks raw bytes.

import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { Latency } from '../../../src/board/board.ts'
import { counterIndex } from '../../../src/board/counters.ts'
import type { CounterName } from '../../../src/board/counters.ts'
import { ManualClock } from '../../../src/base/clock.ts'
import type { Next } from '../../../src/exchange.ts'
import { createLanes } from '../../fixtures/lanes.ts'
import type { Lanes, LanesWishes } from '../../fixtures/lanes.ts'
import { FilledStore } from '../../fixtures/store.ts'
import { echo, pause } from '../slow-harness.ts'

/** The wall clock at the beginning of every test. */
export const NOON = Date.UTC(2026, 0, 1, 12)

export interface Shield extends Lanes, AsyncDisposable {
  port: number
  clock: ManualClock
  store: FilledStore
  /** Targets that the origin was asked for. */
  asked: string[]
  count(name: CounterName): number
  /** Requests in the fast lane's histogram. */
  latencies(): number
  open(): Promise<Socket>
  /** Sends each part by itself and reads until the connection ends or `quiet` ms pass without a byte. */
  raw(parts: string | string[], more?: { quiet?: number; end?: boolean; gap?: number }): Promise<string>
  /** Lets time pass and has both lanes look for what is overdue. */
  sweep(ms: number): void
}

interface Wishes extends Partial<Pick<LanesWishes, 'rules' | 'limits'>> {
  origin?: Next
  /** Every connection goes to the slow lane at once. */
  slowAlone?: boolean
}

export async function serve(wishes: Wishes = {}): Promise<Shield> {
  const clock = new ManualClock(NOON)
  const store = new FilledStore(NOON)
  const asked: string[] = []
  const origin: Next = x => {
    asked.push(x.target)
    return (wishes.origin ?? echo)(x)
  }
  const { rules = [], limits = {} } = wishes
  const lanes = createLanes({ store, clock, origin, rules, limits })
  const { fast, slow, board } = lanes
  const sockets = new Set<Socket>()
  const options = { allowHalfOpen: true, noDelay: true, pauseOnConnect: wishes.slowAlone !== true }
  const server = createServer(options, socket => {
    const peer = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0, secure: false }
    if (wishes.slowAlone === true) slow.adopt(socket, peer)
    else fast.accept(socket)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const open = (): Promise<Socket> =>
    new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
      sockets.add(socket)
      socket.once('connect', () => resolve(socket))
      socket.on('error', reject)
    })
  return {
    ...lanes,
    ...{ port, clock, store, asked, open },
    count: name => Atomics.load(board.edge(0), counterIndex[name]),
    latencies: () => board.latency(0, Latency.fastLane).reduce((sum, each) => sum + each, 0),
    raw: async (parts, more) => talk(await open(), typeof parts === 'string' ? [parts] : parts, more),
    sweep: ms => {
      clock.advance(ms)
      fast.sweep()
      slow.sweep()
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      fast.destroy()
      slow.close()
      server.close()
      await pause(0)
    },
  }
}

async function talk(
  socket: Socket,
  parts: string[],
  { quiet = 3000, end = false, gap = 2 }: { quiet?: number; end?: boolean; gap?: number } = {},
): Promise<string> {
  const whole = readUntil(socket, () => false, quiet)
  for (const [i, part] of parts.entries()) {
    if (i > 0) await pause(gap)
    socket.write(part, 'latin1')
  }
  if (end) socket.end()
  const received = await whole
  socket.destroy()
  return received
}

/** What a socket brings until that is enough, the other side ends, or nothing comes for `quiet` ms. Latin1. */
export function readUntil(socket: Socket, enough: (received: string) => boolean, quiet = 5000): Promise<string> {
  return new Promise(resolve => {
    const chunks: Buffer[] = []
    let last = ''
    const finish = (): void => {
      socket.off('data', take)
      for (const event of ['timeout', 'end', 'close']) socket.off(event, finish)
      resolve(Buffer.concat(chunks).toString('latin1'))
    }
    const take = (chunk: Buffer): void => {
      chunks.push(chunk)
      last = (last + chunk.toString('latin1')).slice(-65_536)
      if (enough(last)) finish()
    }
    socket.setTimeout(quiet)
    socket.on('data', take)
    for (const event of ['timeout', 'end', 'close']) socket.once(event, finish)
    socket.resume()
  })
}

/** A request by a browser's shape: 15 lines. */
export const browser = (target: string, more = '', method = 'GET'): string =>
  [
    `${method} ${target} HTTP/1.1`,
    'Host: a.test',
    'Connection: keep-alive',
    'sec-ch-ua: "Chromium";v="156", "Not(A:Brand";v="24"',
    'sec-ch-ua-mobile: ?0',
    'sec-ch-ua-platform: "Linux"',
    'Upgrade-Insecure-Requests: 1',
    'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36',
    'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
    'Sec-Fetch-Site: none',
    'Sec-Fetch-Mode: navigate',
    'Accept-Encoding: gzip, deflate, br, zstd',
    'Accept-Language: en-GB,en;q=0.9',
    'Cookie: consent=1; theme=dark',
    `${more}\r\n`,
  ].join('\r\n')

export const get = (target: string, more = ''): string => `GET ${target} HTTP/1.1\r\nHost: a.test\r\n${more}\r\n`
/** Asks for the connection's end with the answer, so that a test need not wait. */
export const CLOSE = 'Connection: close\r\n'
