// The waiting room of three nodes while their server is lost: nobody is called, those inside go on, nobody who comes loses their place.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { noRedis } from '../fixtures/redis.ts'
import type { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { Guest } from '../whole/fixtures/guest.ts'
import { stateOf } from './nodes.ts'
import { NAMES, at, entered, numberOf, page, three, together, waitingAt } from './rooms.ts'
import type { House } from './rooms.ts'

const skip = noRedis ?? false
const bye = { '/bye': { ...page, fields: { 'breakwater-session': 'end' } } }

const apart = (shields: Shield[]) =>
  Promise.all(
    shields.map(shield => until('it is apart', async () => (await stateOf(shield))!.rooms.every(room => room.isApart))),
  )

/** Lets in one after another, and says in which order they were called. */
async function callAll(
  { shields }: Pick<House, 'shields'>,
  inside: Guest,
  waiting: readonly Guest[],
): Promise<number[]> {
  const order: number[] = []
  let last = inside
  while (order.length < waiting.length) {
    assert.equal((await at(shields[order.length % shields.length]!, last).ask('/bye')).status, 200)
    let called = -1
    await until('the next is called', async () => {
      const states = await Promise.all(waiting.map(guest => guest.poll()))
      called = states.findIndex(({ state }, i) => state === 'called' && !order.includes(i))
      return called !== -1
    })
    order.push(called)
    last = waiting[called]!
    await until('it is in', async () => (await last.ask()).text === 'the shop')
  }
  return order
}

test('the server is killed and comes back with what it held', { skip, timeout: 180_000 }, async () => {
  await using house = await three({ sessions: 1 }, bye)
  const { redis, shields } = house
  const inside = await entered(shields[0]!)
  const before = await waitingAt(shields[1]!, shields[2]!)
  await redis.kill()
  await apart(shields)
  // Whoever is in goes on, at a node that has never seen them too; nobody else comes in, wherever they ask.
  for (const shield of shields) assert.equal((await at(shield, inside).ask()).text, 'the shop')
  for (const guest of before) assert.equal((await guest.ask()).status, 503)
  const meanwhile = await waitingAt(shields[0]!, shields[0]!)
  for (const guest of meanwhile) assert.equal((await guest.poll()).state, 'waiting')
  const tickets = meanwhile.map(({ jar }) => jar.get('bw-ticket-main'))
  // Nobody knows their numbers yet, but their tickets are good everywhere.
  assert.equal((await at(shields[1]!, meanwhile[0]!).ask()).status, 503)
  await until('two are its own', async () => (await stateOf(shields[0]!))!.rooms[0]!.unmerged === 2)
  await redis.begin()
  await until('they are together', () => together(house))
  await until('none is its own', async () => (await stateOf(shields[0]!))!.rooms[0]!.unmerged === 0)
  const waiting = [...before, ...meanwhile, ...(await waitingAt(shields[1]!))]
  assert.deepEqual(
    meanwhile.map(({ jar }) => jar.get('bw-ticket-main')),
    tickets,
  )
  assert.deepEqual(await callAll(house, inside, waiting), [0, 1, 2, 3, 4])
})

test(
  'the server comes back empty: no number is given out twice, and every place is kept',
  { skip, timeout: 180_000 },
  async () => {
    await using house = await three({ sessions: 1 }, bye)
    const { redis, shields } = house
    const inside = await entered(shields[0]!)
    const before = await waitingAt(...shields, shields[0]!)
    await until('all know of all', async () => {
      const polls = await Promise.all(before.map(guest => guest.poll()))
      return polls.map(({ place }) => place).join() === '1,2,3,4'
    })
    await redis.kill()
    await apart(shields)
    await redis.beginEmpty()
    await until('they are together', () => together(house))
    const [after] = (await waitingAt(shields[2]!)) as [Guest]
    assert.ok(numberOf(after) > Math.max(...before.map(numberOf)))
    assert.equal((await at(shields[1]!, inside).ask()).text, 'the shop')
    assert.deepEqual(await callAll(house, inside, [...before, after]), [0, 1, 2, 3, 4])
  },
)

test(
  'the server hangs for a while: who comes meanwhile waits half a second for a ticket, and keeps it',
  { skip, timeout: 180_000 },
  async () => {
    await using house = await three({ sessions: 1 }, bye)
    const { redis, shields } = house
    const inside = await entered(shields[0]!)
    redis.signal('SIGSTOP')
    try {
      const guests = shields.map(({ port }) => new Guest(port))
      await Promise.all(
        guests.map(guest =>
          until('it has a ticket', async () => {
            assert.equal((await guest.ask()).status, 503)
            return guest.jar.has('bw-ticket-main')
          }),
        ),
      )
      await apart(shields)
      for (const shield of shields) assert.equal((await at(shield, inside).ask()).text, 'the shop')
      redis.signal('SIGCONT')
      await until('they are together', () => together(house))
      assert.equal((await callAll(house, inside, guests)).length, 3)
    } finally {
      redis.signal('SIGCONT')
    }
  },
)

test(
  'the node that leads is killed: another one calls, and its visitors keep their places at the others',
  { skip, timeout: 180_000 },
  async () => {
    await using house = await three({ sessions: 1 }, bye)
    const { shields } = house
    const { leader } = (await stateOf(shields[0]!))!
    const lost = shields[NAMES.indexOf(leader!)]!
    const others = shields.filter(shield => shield !== lost)
    const inside = await entered(lost)
    const waiting = await waitingAt(lost, lost, lost)
    lost.kill('SIGKILL')
    await lost.child.ended
    const elsewhere = waiting.map((guest, i) => at(others[i % 2]!, guest))
    // Its session and their tickets are as good here as there; their numbers are what they were.
    assert.equal((await at(others[0]!, inside).ask()).text, 'the shop')
    for (const [i, guest] of elsewhere.entries()) {
      assert.equal((await guest.ask()).status, 503)
      assert.equal(numberOf(guest), numberOf(waiting[i]!))
    }
    const after = await waitingAt(others[1]!)
    assert.deepEqual(await callAll({ shields: others }, inside, [...elsewhere, ...after]), [0, 1, 2, 3])
  },
)
