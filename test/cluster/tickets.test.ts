// The seeds that nodes have in common: who draws them, how long they are there, and who can read them.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keysOf } from '../../src/cluster/keys.ts'
import type { Link } from '../../src/cluster/link.ts'
import { SharedTickets, turned } from '../../src/cluster/tickets.ts'
import { Words } from '../../src/cluster/words.ts'
import type { TicketSeed } from '../../src/threads/tickets.ts'

const PERIOD = 10_000
const keys = keysOf('test')

function drawn() {
  let next = 0
  return () => `seed ${next++}`
}

const written = (all: readonly TicketSeed[]) => all.map(({ period, seed }) => `${period} ${seed}`)

test('the first seeds are for this period and the next; then one is drawn for each, ahead of its time', () => {
  const draw = drawn()
  const first = turned([], 7, draw)!
  assert.deepEqual(written(first), ['7 seed 0', '8 seed 1'])
  assert.equal(turned(first, 7, draw), null)
  const second = turned(first, 8, draw)!
  assert.deepEqual(written(second), ['7 seed 0', '8 seed 1', '9 seed 2'])
  assert.deepEqual(written(turned(second, 9, draw)!), ['8 seed 1', '9 seed 2', '10 seed 3'])
  assert.deepEqual(written(turned(second, 20, draw)!), ['20 seed 4', '21 seed 5'])
})

/** A server that holds one text; a token of 5 may change it. */
class OneText implements Pick<Link, 'run'> {
  text: string | null = null
  asked = 0
  run(_name: string, _keys: readonly string[], args: readonly (string | number | Buffer)[]): Promise<unknown> {
    this.asked++
    if (args[0] === 5) this.text = String(args[1])
    return Promise.resolve(this.text)
  }
}

function nodeOn(link: OneText, secret: string | null) {
  const told: (readonly TicketSeed[])[] = []
  const logged: unknown[] = []
  const clock = { now: () => wall, monotonic: () => wall }
  const tickets = new SharedTickets({
    ...{ link, keys, clock, words: secret === null ? null : new Words(secret) },
    log: (_level, event, detail) => void logged.push([event, detail]),
    host: { tickets: seeds => void told.push(seeds) },
    ...{ length: () => PERIOD, ahead: () => 0 },
  })
  return { tickets, told, logged }
}

let wall = 70_000
const SECRET = 'a secret of thirty-two characters'

test('the node that leads lays seeds down, sealed, and the others take them', async () => {
  const link = new OneText()
  const [leads, follows] = [nodeOn(link, SECRET), nodeOn(link, SECRET)]
  await follows.tickets.round(null)
  assert.deepEqual(follows.told, [])
  await leads.tickets.round(5)
  wall += 1000
  await follows.tickets.round(null)
  assert.equal(leads.told.length, 1)
  assert.deepEqual(follows.told, leads.told)
  assert.deepEqual(
    leads.told[0]!.map(({ period }) => period),
    [7, 8],
  )
  const inside = leads.told[0]![0]!.seed
  assert.ok(!link.text!.includes(inside) && !Buffer.from(link.text!, 'base64').includes(inside))
  wall += 1000
  await Promise.all([leads.tickets.round(5), follows.tickets.round(null)])
  assert.equal(leads.told.length, 1)
})

test('a leader whose lease is over changes nothing', async () => {
  const link = new OneText()
  const late = nodeOn(link, SECRET)
  await late.tickets.round(4)
  assert.equal(link.text, null)
  assert.deepEqual(late.told, [])
})

test('what was changed on the server is not taken, is said once, and is laid down anew by whoever leads', async () => {
  const link = new OneText()
  const [leads, follows] = [nodeOn(link, SECRET), nodeOn(link, SECRET)]
  await leads.tickets.round(5)
  const bytes = Buffer.from(link.text!, 'base64')
  bytes[20]! ^= 1
  link.text = bytes.toString('base64')
  for (let i = 0; i < 3; i++, wall += 1000) await follows.tickets.round(null)
  assert.deepEqual(follows.told, [])
  assert.deepEqual(follows.logged, [['session-tickets-unreadable', { why: 'changed' }]])
  await leads.tickets.round(5)
  wall += 1000
  await follows.tickets.round(null)
  assert.deepEqual(follows.told, [leads.told.at(-1)])
})

test('nodes with other secrets, and none, neither read them nor disturb each other', async () => {
  const link = new OneText()
  await nodeOn(link, SECRET).tickets.round(5)
  assert.notEqual(keys.tickets(new Words(SECRET).mark), keys.tickets(new Words('another secret').mark))
  const without = nodeOn(link, null)
  const asked = link.asked
  await without.tickets.round(5)
  assert.deepEqual([without.told, link.asked], [[], asked])
})
