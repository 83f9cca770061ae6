// One side of the comparison: lanes over the store, with a function in the origin's place that says what it was asked. It
// plays streams and tells what the visitor got and what would have been forwarded.

import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { ManualClock } from '../../src/base/clock.ts'
import { Latency } from '../../src/board/board.ts'
import { counterIndex } from '../../src/board/counters.ts'
import type { Answer, Exchange } from '../../src/exchange.ts'
import { createLanes } from '../fixtures/lanes.ts'
import type { Lanes } from '../fixtures/lanes.ts'
import type { FilledStore } from '../fixtures/store.ts'
import { readAll } from '../listener/slow-harness.ts'
import { NOON, RULES } from './stored.ts'
import { pieces } from './streams.ts'
import type { Stream } from './streams.ts'
import { inMemory, overSockets, turn } from './wires.ts'
import type { Wires } from './wires.ts'

/** Small bounds, so that requests come to them. */
const LIMITS = { targetBytes: '2 KiB', headerBytes: '8 KiB', headerCount: 50, requestBody: '64 KiB' }
export interface Heard {
  received: Buffer
  /** What the origin was asked, as text, once the request was whole. */
  asked: string[]
  /** The server had ended the connection before the visitor did. */
  closedFirst: boolean
}

interface Play {
  asked: string[]
  /** Answers that the origin is making. */
  working: number
}

export class Side {
  readonly #lanes: Lanes
  readonly #wires: Promise<Wires>
  readonly #plays = new Map<number, Play>()

  /** `slowAlone`: the fast lane is left out. `sockets`: over real ones. */
  constructor(store: FilledStore, { slowAlone, sockets }: { slowAlone: boolean; sockets: boolean }) {
    const clock = new ManualClock(NOON)
    this.#lanes = createLanes({ store, clock, rules: RULES, limits: LIMITS, origin: x => this.#answer(x) })
    const { fast, slow } = this.#lanes
    const accept = (socket: Duplex, port: number): void => {
      if (!slowAlone) return fast.accept(socket as Socket)
      slow.adopt(socket, { address: '127.0.0.1', port, secure: false })
      socket.resume()
    }
    this.#wires = sockets ? overSockets(accept) : Promise.resolve(inMemory(accept))
  }

  async play(stream: Stream): Promise<Heard> {
    const wire = await (await this.#wires).open()
    const play: Play = { asked: [], working: 0 }
    const progress = (): number => play.asked.length + play.working * 1e9
    this.#plays.set(wire.port, play)
    for (const piece of pieces(stream)) {
      wire.send(piece)
      if (stream.paced) await turn()
    }
    await wire.quiet(progress)
    const closedFirst = wire.isOver
    wire.end()
    await wire.quiet(progress)
    wire.destroy()
    this.#plays.delete(wire.port)
    return { received: wire.received, asked: play.asked, closedFirst }
  }

  /** Requests that each lane has answered so far. */
  counted(): { fast: number; slow: number } {
    const { board } = this.#lanes
    const fast = Atomics.load(board.edge(0), counterIndex.fastLane)
    return { fast, slow: board.latency(0, Latency.slowLane).reduce((sum, each) => sum + each, 0) }
  }

  async close(): Promise<void> {
    this.#lanes.fast.destroy()
    this.#lanes.slow.close()
    ;(await this.#wires).close()
  }

  /** What the origin says: what it was asked, after no time or a little. */
  async #answer(x: Exchange): Promise<Answer> {
    const play = this.#plays.get(x.peer.port)!
    const body = x.body === null ? { text: '', trailers: [] } : await readAll(x.body)
    const asked = `${describe(x)}\n${body.text}\n${body.trailers.join('\n')}`
    play.asked.push(asked)
    play.working++
    for (let turns = x.target.length % 3; turns > 0; turns--) await turn()
    play.working--
    const fields = ['Content-Type', 'text/plain', 'Cache-Control', 'no-store']
    const origin = { fields, requestedAt: NOON, receivedAt: NOON }
    return { status: 200, fields, body: Buffer.from(asked), origin }
  }
}

/** A line each; a key may have several. */
const describe = ({ method, target, host, httpVersion, client, intent, key = '-', fields }: Exchange): string =>
  [method, target, host, httpVersion, client.address, client.scheme, intent, key.replaceAll('\n', ' '), ...fields].join(
    '\n',
  )
