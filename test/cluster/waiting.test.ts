// The waiting room of three nodes with one server between them: one order for all who come anywhere, one pace for all who come in.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { noRedis } from '../fixtures/redis.ts'
import type { Redis } from '../fixtures/redis.ts'
import type { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { ask } from '../fixtures/visitor.ts'
import type { Drawn } from '../../src/waiting/lottery.ts'
import { Signer } from '../../src/waiting/tickets.ts'
import { Guest } from '../whole/fixtures/guest.ts'
import { configOf } from './nodes.ts'
import { NAMES, at, entered, numberOf, page, three, waitingAt } from './rooms.ts'

const skip = noRedis ?? false

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
  const first = await entered(a)
  assert.equal((await at(b, first).ask()).text, 'the shop')
  const [second] = (await waitingAt(b)) as [Guest]
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

/** How many were called until it is over, in which time by the server's clock: whatever else the machine has to do. */
async function paceOf(redis: Redis, isOver: () => boolean): Promise<{ people: number; seconds: number }> {
  const script = "return {redis.call('HGET', KEYS[1], 'called'), redis.call('HGET', KEYS[1], 'at')}"
  const look = async () =>
    ((await redis.ask('EVAL', script, '1', 'breakwater:{main}:room:main')) as string[]).map(Number)
  const [first = 0, from = 0] = await look()
  await until('it is over', isOver, 60_000)
  const [last = 0, to = 0] = await look()
  return { people: last - first, seconds: (to - from) / 1000 }
}

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
    const called: { number: number; at: number; waitedAt: number }[] = []
    const begun = performance.now()
    let isOver = false
    const pace = paceOf(house.redis, () => isOver)
    await Promise.all(
      waiting.map(async guest => {
        for (let waitedAt = begun; ; await sleep(100)) {
          const asked = performance.now()
          if ((await guest.poll()).state !== 'called') waitedAt = asked
          else {
            called.push({ number: numberOf(guest), at: performance.now(), waitedAt })
            if (called.length === waiting.length - 20) isOver = true
            return until('it is in', async () => (await guest.ask()).text === 'the shop')
          }
        }
      }),
    )
    // What a node goes by is half a second old at most, and on a machine that has much else to do a little more.
    const inOrder = called.toSorted((x, y) => x.number - y.number)
    for (const [i, { number, waitedAt }] of inOrder.entries())
      for (const behind of inOrder.slice(i + 1))
        assert.ok(waitedAt < behind.at + 1500, `${number} waits, and ${behind.number} was called long before`)
    const { people, seconds } = await pace
    assert.ok(people > 150, `${people}`)
    assert.ok(Math.abs(people / seconds / RATE - 1) <= 0.02, `${people} in ${seconds} s`)
  },
)

test(
  'a scheduled opening is one draw: all nodes promise it, and call in its order',
  { skip, timeout: 180_000 },
  async () => {
    await using house = await three({ rate: '1/h', sessions: 3 })
    const { redis, origin, shields } = house
    const opens = Math.ceil(Date.now() / 1000 + 20) * 1000
    const text = new Date(opens).toISOString().replace('.000Z', '+00:00')
    for (const [i, shield] of shields.entries()) {
      const waitingRoom = { rate: '1/h', sessions: 3, opens: text, gather: '5 min' } as const
      shield.rewrite(configOf({ name: NAMES[i]!, servers: [redis.url], origins: [origin.url], waitingRoom }))
    }
    const promises = await Promise.all(
      shields.map(async ({ port }) => {
        await until('it is promised', async () => (await lottery(port)) !== undefined)
        return (await lottery(port))!
      }),
    )
    assert.equal(new Set(promises.map(({ commitment }) => commitment)).size, 1)
    const guests = Array.from({ length: 9 }, (_, i) => new Guest(shields[i % 3]!.port))
    for (const guest of guests) {
      await until('it has a ticket', async () => {
        assert.equal((await guest.ask()).status, 503)
        return guest.jar.has('bw-ticket-main')
      })
      assert.equal((await guest.poll()).state, 'gathering')
    }
    assert.ok(Date.now() < opens, 'the opening is still to come')
    await sleep(opens - Date.now())
    const drawn = await Promise.all(
      shields.map(async shield => {
        const [{ file = '' } = {}] = (await shield.heard('lottery-drawn')) as { file?: string }[]
        return readFileSync(file, 'utf8')
      }),
    )
    assert.equal(new Set(drawn).size, 1)
    const { order, commitment } = JSON.parse(drawn[0]!) as Drawn
    assert.equal(commitment, promises[0]!.commitment)
    const secret = readFileSync(`${shields[1]!.data}/waiting.key`)
    const code = (guest: Guest) => new Signer(secret).code({ site: 'main', room: 'main' }, numberOf(guest))
    const places = guests.map(guest => order.indexOf(code(guest)))
    assert.ok(!places.includes(-1))
    await until('somebody is called', async () => (await Promise.all(guests.map(each => each.poll()))).some(isCalled))
    const first = guests[places.indexOf(Math.min(...places))]!
    assert.equal((await first.poll()).state, 'called')
  },
)

const isCalled = ({ state }: { state: string }): boolean => state === 'called'

const lottery = async (port: number) => {
  const { status, text } = await ask(port, '/.breakwater/waiting/main/lottery')
  return status === 200 ? (JSON.parse(text) as { commitment: string }) : undefined
}

test(
  'what an operator says of a room on one node holds on all, and one invitation is one place',
  { skip, timeout: 180_000 },
  async () => {
    await using house = await three({ sessions: 100, invited: true })
    const { shields } = house
    await command(shields[0]!, '/api/waiting-rooms', { pause: true })
    for (const shield of shields) await until('it is paused', async () => (await roomsOf(shield)).paused)
    await command(shields[1]!, '/api/waiting-rooms', { rate: '30/min' })
    await command(shields[1]!, '/api/waiting-rooms', { pause: false })
    for (const shield of shields)
      await until('it is not, and has the pace', async () => {
        const { paused, commanded } = await roomsOf(shield)
        return !paused && commanded === 0.5
      })
    const code = new Signer(readFileSync(`${shields[2]!.data}/waiting.key`)).invitation(
      { site: 'main', room: 'main' },
      { serial: 7, isForSeveral: false },
    )
    const guest = new Guest(shields[0]!.port)
    await until('it has a ticket', async () => {
      await guest.ask(`/?bw-invite=${code}`)
      return guest.jar.has('bw-ticket-main')
    })
    const other = new Guest(shields[1]!.port)
    const refused = await other.ask(`/?bw-invite=${code}`, { fields: { 'user-agent': 'another' } })
    assert.equal(refused.status, 503)
    assert.ok(!other.jar.has('bw-ticket-main'))
  },
)

const roomsOf = async (shield: Shield) => (await shield.stats()).waitingRooms[0]!

async function command(shield: Shield, path: string, wish: object): Promise<void> {
  const token = readFileSync(`${shield.data}/admin-token`, 'utf8').trim()
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const answer = await shield.admit(path, { method: 'POST', headers, body: JSON.stringify(wish) })
  assert.equal(answer.status, 200, await answer.text())
}
