// A scheduled opening from end to end: a promise, tickets, kill -9 while people gather and after the draw, the order of calling,
// and the file with which anybody can check it.

import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Signer } from '../../src/waiting/tickets.ts'
import type { Drawn } from '../../src/waiting/lottery.ts'
import { Child } from '../cli/fixtures/child.ts'
import { Origin } from '../fixtures/origin.ts'
import { until } from '../fixtures/until.ts'
import { ask } from '../fixtures/visitor.ts'
import { Guest, startRoom } from './fixtures/guest.ts'

/** What is published of the room's draw. */
const lottery = async (port: number) =>
  JSON.parse((await ask(port, '/.breakwater/waiting/main/lottery')).text) as { commitment: string; seed: string | null }

const name = { site: 'shop', room: 'main' }
const page = { body: 'the shop', fields: { 'cache-control': 'no-store' } }

test(
  'an opening: who gathers is drawn as was promised, over kill -9, and called in that order',
  { timeout: 120_000 },
  async () => {
    await using origin = await Origin.start({ '/': page })
    const opens = Math.ceil(Date.now() / 1000 + 25) * 1000
    const room = {
      sessions: 1,
      opens: new Date(opens).toISOString().replace('.000Z', '+00:00'),
      gather: '1 min',
    } as const
    await using first = await startRoom(origin, room)
    let guests = Array.from({ length: 6 }, () => new Guest(first.port))
    for (const guest of guests) assert.equal((await guest.ask()).status, 503)
    assert.equal((await guests[0]!.poll()).state, 'gathering')
    const promised = await lottery(first.port)
    assert.equal(promised.seed, null)
    assert.match((await guests[0]!.ask()).text, new RegExp(promised.commitment))
    await sleep(1100)
    first.kill('SIGKILL')
    await first.child.ended

    await using second = await startRoom(origin, room, { data: first.data })
    guests = guests.map(({ jar }) => new Guest(second.port, jar))
    const newcomers = Array.from({ length: 2 }, () => new Guest(second.port))
    for (const guest of newcomers) await guest.ask()
    assert.equal((await lottery(second.port)).commitment, promised.commitment)
    assert.ok(Date.now() < opens, 'the opening is still to come')
    const all = [...guests, ...newcomers]
    await sleep(opens - Date.now())
    const [{ file = '' } = {}] = (await second.heard('lottery-drawn')) as { file?: string }[]
    const published = readFileSync(file, 'utf8')
    const drawn = JSON.parse(published) as Drawn
    const late = new Guest(second.port)
    await late.ask()
    await until('places are told', async () => (await late.poll()).place !== null)
    second.kill('SIGKILL')
    await second.child.ended

    await using third = await startRoom(origin, room, { data: first.data })
    await third.heard('lottery-drawn')
    // Compared as a whole: what assert.deepEqual makes of two lists of 16,000 that differ takes gigabytes.
    assert.ok(readFileSync(file, 'utf8') === published, 'a second draw is the first one')
    const signer = new Signer(readFileSync(join(first.data, 'waiting.key')))
    const placeOf = ({ jar }: Guest): number => {
      const { number } = signer.readTicket(name, jar.get('bw-ticket-main') ?? '')!
      const at = drawn.order.indexOf(signer.code(name, number))
      return at === -1 ? Infinity : at
    }
    assert.ok(drawn.tickets.length <= 9, `${drawn.tickets.length} tickets: no more than were given out`)
    assert.equal(all.filter(guest => placeOf(guest) < Infinity).length, 8)
    assert.equal(placeOf(late), Infinity)
    const line = [...all, late].map(({ jar }) => new Guest(third.port, jar)).sort((a, b) => placeOf(a) - placeOf(b))
    await until('all are told a place', async () => {
      const polls = await Promise.all(line.map(guest => guest.poll()))
      return polls.every(({ state, place }) => state === 'called' || place !== null)
    })
    assert.equal((await line[0]!.ask()).text, 'the shop')
    await sleep(1500)
    const places = await Promise.all(line.slice(1).map(async guest => (await guest.poll()).place))
    assert.deepEqual(places, [1, 2, 3, 4, 5, 6, 7, 8])
    assert.equal((await lottery(third.port)).seed, drawn.seed)

    await verify(file, drawn)
  },
)

/** The published file is fair, and whatever is changed in it shows. */
async function verify(file: string, drawn: Drawn): Promise<void> {
  const check = async (given: unknown): Promise<{ code: number | string; said: string }> => {
    writeFileSync(file, JSON.stringify(given))
    const child = Child.breakwater(['verify-lottery', file], '.')
    return { code: await child.ended, said: child.stdout + child.stderr }
  }
  const { order, tickets, seed } = drawn
  const fair = await check(drawn)
  assert.deepEqual([fair.code, /is as it was promised/.test(fair.said)], [0, true], fair.said)
  const [a = '', b = '', ...rest] = order
  const forgeries: [unknown, RegExp][] = [
    [{ ...drawn, order: [b, a, ...rest] }, /Place 1 belongs to ticket/],
    [{ ...drawn, seed: seed.replace(/^./, each => (each === '0' ? '1' : '0')) }, /The seed is not the one/],
    [{ ...drawn, tickets: tickets.slice(1) }, /The list of tickets is not the one/],
    [{ ...drawn, order: [...order, a] }, /more tickets than the list/],
  ]
  for (const [forged, finding] of forgeries) {
    const found = await check(forged)
    assert.equal(found.code, 1)
    assert.match(found.said, finding)
  }
  const broken = await check({ site: 'shop' })
  assert.notEqual(broken.code, 0)
  assert.match(broken.said, /no published draw/)
}
