// Nodes whose clocks are hours apart: the waiting room goes by the server's.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { timeIn } from '../../src/admission/waiting/edge-rooms.ts'
import { systemClock } from '../../src/base/clock.ts'
import { systemRandom } from '../../src/base/random.ts'
import { Board } from '../../src/board/board.ts'
import { RoomWord } from '../../src/board/rooms.ts'
import { SharedRooms } from '../../src/cluster/rooms.ts'
import { SharedRoom } from '../../src/core/waiting/node-room.ts'
import { Signer } from '../../src/waiting/tickets.ts'
import { configOf } from '../core/config.ts'
import { noRedis } from '../fixtures/redis.ts'
import { until } from '../fixtures/until.ts'
import { Runner, keys } from './runner.ts'

const skip = noRedis ?? false
const HOUR = 3_600_000
const name = { site: 'shop', room: 'main' }
const facts = { limit: 10, inFlight: 0, queued: 0, rate: 0, potential: 0 }
const RATE = 50

/** A node whose wall clock is off by so much, as core has it. */
class Node {
  readonly room: SharedRoom
  readonly clock: { now(): number; monotonic(): number }
  readonly rooms: SharedRooms
  secret: string

  constructor(link: Runner, node: string, off: number) {
    const clock = { now: () => systemClock.now() + off, monotonic: () => systemClock.monotonic() }
    const config = configOf({
      sites: { name: 'shop', origins: ['http://127.0.0.1:1'], waitingRoom: { rate: `${RATE}/s`, sessions: 1000 } },
    })
    const signer = new Signer(Buffer.alloc(32, 1))
    const parts = { clock, changed: () => {}, isSigned: () => true, signer: () => signer }
    const place = { index: 0, name, row: new Board().room(0) }
    this.clock = clock
    this.secret = node.repeat(64).slice(0, 64)
    this.room = new SharedRoom(place, parts, config.sites[0]!.waitingRoom[0]!, undefined)
    this.rooms = new SharedRooms({
      ...{ link, keys, clock, random: systemRandom, log: () => {}, name: node, incarnation: node, words: null },
    })
    this.room.join(this.rooms)
    this.rooms.begin({ secret: () => this.secret, agreed: secret => (this.secret = secret) })
  }

  async round(token: number | null): Promise<void> {
    this.room.tick(facts)
    await this.rooms.round(token)
  }

  async comes(): Promise<number> {
    const taken = await this.room.number(100_000)
    assert.ok(typeof taken === 'object' && taken.epoch === null)
    return taken.number
  }
}

test(
  'clocks that are hours ahead or behind change neither the pace, nor a session, nor a ticket',
  { skip },
  async () => {
    await using link = await Runner.start()
    const [ahead, behind] = [new Node(link, 'a', HOUR), new Node(link, 'b', -3 * HOUR)]
    const nodes = [ahead, behind]
    const rounds = async (leader: Node | null) => {
      for (const node of nodes) await node.round(node === leader ? 1 : null)
    }
    await until('both are heard', async () => {
      await rounds(ahead)
      return nodes.every(({ room }) => room.facts.shared !== undefined && room.kept.epochs!.length === 0)
    })
    // One key, whoever came first.
    assert.equal(ahead.secret, behind.secret)
    for (const { room, clock } of nodes) assert.ok(Math.abs(timeIn(room, clock) - systemClock.now()) < 2000)
    const numbers: number[] = []
    for (let i = 0; i < 400; i++) numbers.push(await nodes[i % 2]!.comes())
    assert.deepEqual(
      numbers,
      numbers.map((_, i) => i),
    )
    // The leader's clock is none of the two: now one leads, now the other, and the pace is the server's.
    const look = async () =>
      (
        (await link.redis.ask(
          'EVAL',
          "return redis.call('HMGET', KEYS[1], 'called', 'at')",
          '1',
          keys.room('shop', 'main')[0]!,
        )) as string[]
      ).map(Number)
    await rounds(ahead)
    const [first = 0, from = 0] = await look()
    for (let i = 0; i < 30; i++) {
      await rounds(i % 10 < 5 ? ahead : behind)
      await sleep(100)
    }
    const [last = 0, to = 0] = await look()
    assert.ok(Math.abs((last - first) / ((to - from) / 1000) / RATE - 1) <= 0.02, `${last - first} in ${to - from} ms`)
    // A session that one lets in is one at the other.
    const entrant = { number: 0, hasSession: false, from: 7 }
    assert.deepEqual(await ahead.room.enter(entrant), { type: 'admitted' })
    assert.deepEqual(await behind.room.enter({ ...entrant, hasSession: true }), { type: 'admitted' })
    assert.equal(behind.room.row.get(RoomWord.next), 400)
  },
)
