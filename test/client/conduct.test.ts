// A crowd is not an attack: crowds of many kinds are played against the table of conduct while the origin is full all the time, and
// nobody of them is slowed; an attack that ignores everything is, within its first requests.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assert as check, constantFrom, nat, property } from 'fast-check'
import { freshSeed, seeded } from '../../src/base/random.ts'
import type { Random } from '../../src/base/random.ts'
import { Board, CONDUCT_OFFSET } from '../../src/board/board.ts'
import { ClientKind, ConductTable } from '../../src/board/conduct.ts'
import { doubtOf, doubtOfNetwork, measureFor } from '../../src/board/doubt.ts'
import type { Conduct } from '../../src/board/doubt.ts'
import { Conducts } from '../../src/client/conduct.ts'
import type { Exchange } from '../../src/exchange.ts'
import type { Fields } from '../../src/http/fields.ts'

interface Sent {
  address: string
  target?: string
  fields?: Fields
  /** Hits on the same connection before. */
  hits?: number
}

/** A site whose origin is full all the time. */
class Site {
  readonly table = new ConductTable(new Board().memory, CONDUCT_OFFSET, 7)
  readonly conducts = new Conducts(this.table, () => this.seconds * 1e6)
  seconds = 100
  readonly slowed = new Map<string, number>()
  readonly let = new Map<string, number>()

  /** Seconds that the visitor is told to wait; 0 for one who is let on and served. */
  ask({ address, target = '/', fields = [], hits = 0 }: Sent, served = true): number {
    const peer = { address, port: 1, secure: false, answered: hits }
    const exchange = { client: { address, scheme: 'http' }, peer, fields, target, visit: undefined }
    const { row, measure } = this.conducts.weigh(exchange as unknown as Exchange, true)
    const count = measure.type === 'none' ? this.let : this.slowed
    count.set(address, (count.get(address) ?? 0) + 1)
    if (measure.type === 'none' && served) {
      this.conducts.answered(row, { status: 200, fields: [], body: null })
      return 0
    }
    const wait = measure.type === 'none' ? 5 : Math.ceil(measure.seconds)
    this.conducts.answered(row, { status: 503, fields: ['Retry-After', String(wait)], body: null })
    return wait
  }
}

/** Plays events in the order of their time; each may give another. */
function play(
  site: Site,
  events: { at: number; act: () => { after: number; act: () => unknown } | undefined | void }[],
): void {
  const line = events.toSorted((a, b) => a.at - b.at)
  for (const { at, act } of line) {
    site.seconds = 100 + at
    act()
  }
}

const browser = (cookie: boolean, destination: string): Fields => [
  ...['User-Agent', 'Mozilla/5.0', 'Sec-Fetch-Dest', destination],
  ...(cookie ? ['Cookie', 'session=1'] : []),
]

/** One visitor's page: the page, then what its scripts fetch from the origin; the rest comes from the store. */
function page(site: Site, address: string, at: number, isFirst: boolean, random: Random) {
  const calls = 1 + Math.floor(random.next() * 5)
  const parts = Array.from({ length: calls }, (_, i) => ({
    at: at + 0.3 + i * 0.05,
    act: () => void site.ask({ address, target: `/api/${i}`, fields: browser(true, 'empty'), hits: 3 }),
  }))
  return [{ at, act: () => void site.ask({ address, fields: browser(!isFirst, 'document') }) }, ...parts]
}

const crowds = {
  'a news flash': (site: Site, random: Random) =>
    Array.from({ length: 2000 }, (_, i) => {
      const at = random.next() * 60
      const address = `10.${i >> 8}.${i & 255}.${1 + Math.floor(random.next() * 250)}`
      const second = page(site, address, at + 5 + random.next() * 30, false, random)
      return [...page(site, address, at, true, random), ...second]
    }).flat(),
  'an office behind one address': (site: Site, random: Random) =>
    Array.from({ length: 200 }, () => {
      const at = random.next() * 60
      return [0, 8, 20].flatMap((later, i) => page(site, '192.0.2.7', at + later + random.next() * 5, i === 0, random))
    }).flat(),
  'refreshers of a lottery': (site: Site, random: Random) =>
    Array.from({ length: 300 }, (_, i) => {
      const every = 2 + random.next() * 6
      return Array.from({ length: Math.floor(120 / every) }, (__, n) => ({
        at: random.next() + n * every,
        act: () =>
          void site.ask({
            address: `172.16.${i >> 8}.${i & 255}`,
            target: '/draw',
            fields: browser(n > 0, 'document'),
            hits: 4,
          }),
      }))
    }).flat(),
} as const

test('a crowd is never slowed, however short the origin is of places: a news flash, an office, refreshers', () => {
  check(
    property(constantFrom(...(Object.keys(crowds) as (keyof typeof crowds)[])), nat(), (kind, seed) => {
      const site = new Site()
      const others = Array.from({ length: 600 }, (_, i) => ({
        at: i / 4,
        act: () => void site.ask({ address: `10.200.${i >> 8}.${i & 255}` }),
      }))
      play(site, [...others, ...crowds[kind](site, seeded(seed))])
      assert.ok(site.table.isPressed(site.seconds * 1e6), 'the origin is short of places')
      assert.deepEqual([...site.slowed], [], kind)
    }),
    { numRuns: 20 },
  )
})

const addressOf = (i: number): string => `10.8.${i >> 8}.${i & 255}`

test('visitors without cookies or anything else who wait when they are told to are not slowed', () => {
  const site = new Site()
  const waits = new Map<number, number>()
  for (let tenth = 0; tenth < 1200; tenth++) {
    site.seconds = 100 + tenth / 10
    if (tenth < 600) waits.set(tenth, site.seconds)
    for (const [i, due] of waits) {
      if (site.seconds < due) continue
      const wait = site.ask({ address: addressOf(i) }, false)
      waits.set(i, site.seconds + wait)
    }
  }
  assert.equal(site.slowed.size, 0)
})

test('an attack that ignores everything is slowed within its first requests, and for as long as it lasts', t => {
  const seed = freshSeed()
  t.diagnostic(`seed ${seed}`)
  const random = seeded(seed)
  const site = new Site()
  const crowd = crowds['a news flash'](site, random)
  const attack = Array.from({ length: 200 }, (_, i) =>
    Array.from({ length: 100 }, (__, n) => ({
      at: random.next() * 0.1 + n * 0.4,
      act: () => void site.ask({ address: `198.51.100.${i}`, target: `/?${n}` }),
    })),
  ).flat()
  play(site, [...crowd, ...attack])
  const let_ = [...site.let].filter(([address]) => address.startsWith('198.51.100.')).reduce((sum, [, n]) => sum + n, 0)
  t.diagnostic(`${let_} of ${attack.length} requests of the attack were let on`)
  assert.ok(let_ <= 0.05 * attack.length)
  assert.deepEqual(
    [...site.slowed.keys()].filter(address => address.startsWith('10.')),
    [],
  )
})

test('one that is alone takes nothing from anybody: a load test from one address gets all that the origin bears', () => {
  const site = new Site()
  for (let n = 0; n < 5000; n++) {
    site.seconds += 0.01
    site.ask({ address: '127.0.0.1', target: `/?${n}` }, n % 10 === 0)
  }
  assert.deepEqual([...site.slowed], [])
})

test('while the origin has places nobody is slowed, and what was seen fades', () => {
  const site = new Site()
  const key = { kind: ClientKind.ipv4, high: 0, low: 9 }
  const now = () => site.seconds * 1e6
  for (let i = 0; i < 100; i++) site.table.add(site.table.client(key, now()), 'asked')
  const score = () =>
    doubtOf(
      site.table.conduct(site.table.client(key, now()), now()),
      site.table.conduct(site.table.network(key, now()), now()),
      site.table.surroundings,
    ).score
  assert.ok(score() > 0.9)
  assert.equal(site.table.isPressed(now()), false)
  site.seconds += 120
  assert.equal(score(), 0)
  assert.deepEqual(measureFor(0), { type: 'none' })
})

test('the table is bounded: a million addresses leave the busiest in it', () => {
  const site = new Site()
  const busy = { kind: ClientKind.ipv4, high: 0, low: 77 }
  const now = site.seconds * 1e6
  for (let i = 0; i < 50; i++) site.table.add(site.table.client(busy, now), 'total')
  for (let i = 0; i < 1_000_000; i++) {
    const row = site.table.client({ kind: ClientKind.ipv6, high: i, low: 1 }, now)
    if (i % 1000 === 0) site.table.add(row, 'total')
  }
  assert.equal(site.table.conduct(site.table.client(busy, now), now).total, 50)
})

test('entropy tells a crowd of many networks from an attack of one', () => {
  const site = new Site()
  const now = site.seconds * 1e6
  const note = (low: number): void => {
    const key = { kind: ClientKind.ipv4, high: 0, low }
    for (const row of [site.table.client(key, now), site.table.network(key, now)]) site.table.add(row, 'total')
  }
  for (let i = 0; i < 1024; i++) note(i << 8)
  site.table.survey(now)
  const { clientBits, networkBits } = site.table.surroundings
  assert.ok(Math.abs(clientBits - 10) < 0.1 && Math.abs(networkBits - 10) < 0.5, `${clientBits}, ${networkBits}`)
  for (let i = 0; i < 250; i++) for (let n = 0; n < 40; n++) note(0x7f000000 + i)
  site.table.survey(now)
  const after = site.table.surroundings
  assert.ok(after.clientBits - after.networkBits > 5, JSON.stringify(after))
})

const nothing: Conduct = {
  ...{ asked: 0, total: 0, light: 0, parts: 0, cookies: 0, given: 0, heeded: 0, early: 0, odd: 0, seconds: 5 },
}
const quiet = { clientBits: 10, networkBits: 10, perNetwork: 5 }
const narrow = { clientBits: 10, networkBits: 3, perNetwork: 5 }

test('a network has a score of its own, and a doubtful one leaves each of its clients less', () => {
  const network = { ...nothing, total: 400 }
  const client = { ...nothing, asked: 3.3, total: 12 }
  assert.equal(doubtOfNetwork(network, quiet).score, 0)
  assert.ok(doubtOfNetwork(network, narrow).score > 0.9)
  assert.ok(doubtOfNetwork({ ...network, cookies: 400, parts: 200 }, narrow).score < 0.1, 'a campus looks like people')
  assert.equal(measureFor(doubtOf(client, nothing, narrow).score).type, 'slowed')
  assert.ok(doubtOf(client, network, narrow).score > 2 * doubtOf(client, nothing, narrow).score)
})

test('each thing that people’s browsers show lowers the score, and what they never do raises it', () => {
  const busy = { ...nothing, asked: 8, total: 40 }
  const score = (more: Partial<Conduct>): number => doubtOf({ ...busy, ...more }, nothing, quiet).score
  const shown = [{ cookies: 40 }, { parts: 20 }, { light: 80 }, { heeded: 30 }, { seconds: 1000 }]
  for (const more of shown) assert.ok(score(more) < score({}), JSON.stringify(more))
  const some = { cookies: 20, parts: 10 }
  assert.ok(score({ ...some, odd: 40 }) > score(some), 'unusual paths')
  assert.ok(score({ ...some, given: 400 }) > score(some), 'cookies that do not come back')
  assert.ok(score({ early: 20 }) >= score({}), 'coming before the wait')
  const names = doubtOf(busy, nothing, quiet).signals.map(({ name }) => name)
  assert.deepEqual(names.toSorted(), ['cookies', 'echo', 'known', 'misses', 'network', 'paths', 'rate', 'reaction', 'subresources']) // prettier-ignore
})
