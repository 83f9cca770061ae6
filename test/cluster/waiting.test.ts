// The waiting room of three nodes with one server between them: one order for all who come anywhere, one pace for all who come in.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Origin } from '../fixtures/origin.ts'
import { Redis, noRedis } from '../fixtures/redis.ts'
import type { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { Guest } from '../whole/fixtures/guest.ts'
import { startNode, stateOf } from './nodes.ts'
import type { NodeWishes } from './nodes.ts'

const skip = noRedis ?? false
const NAMES = ['a', 'b', 'c']
const page = { body: 'the shop', fields: { 'cache-control': 'no-store' } }

interface House extends AsyncDisposable {
  redis: Redis
  origin: Origin
  shields: Shield[]
  again(name: string, data: string): Promise<Shield>
}

/** A server, an origin and three nodes that have this waiting room in common. */
async function three(waitingRoom: NonNullable<NodeWishes['waitingRoom']>, pages = {}): Promise<House> {
  await using stack = new AsyncDisposableStack()
  const redis = stack.use(await Redis.start())
  const origin = stack.use(await Origin.start({ '*': page, ...pages }))
  const starting = { servers: [redis.url], origins: [origin.url], concurrency: 60, waitingRoom }
  const shields = await Promise.all(NAMES.map(async name => stack.use(await startNode({ name, ...starting }))))
  const again = async (name: string, data: string) => stack.use(await startNode({ name, ...starting, data }))
  const house = { redis, origin, shields, again }
  await until('all give out numbers of all', () => together(house))
  const parts = stack.move()
  return { ...house, [Symbol.asyncDispose]: () => parts.disposeAsync() }
}

const together = async ({ shields }: Pick<House, 'shields'>): Promise<boolean> => {
  const states = await Promise.all(shields.map(stateOf))
  return states.every(state => state!.rooms.length === 1 && state!.rooms.every(({ isApart }) => !isApart))
}

const numberOf = (guest: Guest): number => Number.parseInt(guest.jar.get('bw-ticket-main')!, 36)

test(
  'one after another at any node: numbers are given out in the order of arrival',
  { skip, timeout: 120_000 },
  async () => {
    await using house = await three({ rate: '1/h', sessions: 1 })
    const numbers: number[] = []
    for (let i = 0; i < 30; i++) {
      const guest = new Guest(house.shields[i % 3]!.port)
      await guest.ask()
      numbers.push(numberOf(guest))
    }
    assert.deepEqual(
      numbers,
      numbers.map((_, i) => numbers[0]! + i),
    )
  },
)

test('a ticket and a session of one node are good on every other', { skip, timeout: 120_000 }, async () => {
  await using house = await three({ sessions: 1 }, { '/bye': { ...page, fields: { 'breakwater-session': 'end' } } })
  const [a, b, c] = house.shields as [Shield, Shield, Shield]
  const at = (shield: Shield, guest: Guest) => new Guest(shield.port, guest.jar)
  const first = new Guest(a.port)
  await until('the first is in', async () => (await first.ask()).text === 'the shop')
  assert.equal((await at(b, first).ask()).text, 'the shop')
  const second = new Guest(b.port)
  assert.equal(
    (await second.ask()).status,
    503,
    JSON.stringify([
      [...first.jar],
      [...second.jar],
      a.child.stdout,
      b.child.stdout,
      await house.redis.ask(
        'EVAL',
        "local r={} for _,k in ipairs(redis.call('KEYS','*room*')) do local t=redis.call('TYPE',k).ok if t=='zset' then r[#r+1]={k,redis.call('ZRANGE',k,0,-1)} elseif t=='hash' then r[#r+1]={k,redis.call('HGETALL',k)} end end return r",
        '0',
      ),
    ]),
  )
  const number = numberOf(second)
  const elsewhere = at(c, second)
  assert.equal((await elsewhere.ask()).status, 503)
  assert.equal(numberOf(elsewhere), number)
  assert.equal((await elsewhere.poll()).state, 'waiting')
  assert.equal((await at(c, first).ask('/bye')).status, 200)
  await until('the second is called', async () => (await elsewhere.poll()).state === 'called')
  assert.equal((await elsewhere.ask()).text, 'the shop')
  // The one ticket is one visitor: elsewhere and without the session it is used up.
  const copy = new Guest(a.port, new Map([['bw-ticket-main', second.jar.get('bw-ticket-main')!]]))
  assert.equal((await copy.ask('/', { fields: { 'user-agent': 'another' } })).status, 503)
  // What the origin has ended at one node is over at all.
  await until('the first is out', async () => (await at(a, first).ask()).status === 503)
})

test(
  'admitted in the order of arrival, and not faster or slower than is allowed',
  { skip, timeout: 180_000 },
  async () => {
    const RATE = 20
    const COUNT = 420
    await using house = await three({ rate: `${RATE}/s`, sessions: 5000 })
    const guests = Array.from({ length: COUNT }, (_, i) => new Guest(house.shields[i % 3]!.port))
    for (let i = 0; i < COUNT; i += 30) await Promise.all(guests.slice(i, i + 30).map(guest => guest.ask()))
    const waiting = guests.filter(({ jar }) => !jar.has('bw-session-main'))
    const called: { number: number; at: number }[] = []
    const begun = performance.now()
    await Promise.all(
      waiting.map(async guest => {
        while ((await guest.poll()).state !== 'called') await sleep(100)
        called.push({ number: numberOf(guest), at: performance.now() })
      }),
    )
    const inOrder = called.toSorted((x, y) => x.number - y.number)
    // Polls are 100 ms apart, and what a node goes by is half a second old at most.
    for (const [i, { at }] of inOrder.entries())
      for (const later of inOrder.slice(i + 1)) assert.ok(later.at > at - 700, `${i} after one behind it`)
    // Who was called before anybody polled tells nothing of the pace.
    const times = called.map(({ at }) => at).filter(at => at > begun + 1000)
    const rate = (times.length - 1) / ((times.at(-1)! - times[0]!) / 1000)
    assert.ok(times.length > 200, `${times.length}`)
    assert.ok(Math.abs(rate / RATE - 1) <= 0.02, `${rate} a second of ${RATE}`)
  },
)
