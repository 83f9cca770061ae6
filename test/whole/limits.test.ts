// Rate limits in the whole program: one count over both edges and both lanes, what a limited visitor is told, and what is exempt.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Origin } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { ask, crowd } from '../fixtures/visitor.ts'
import { Guest } from './fixtures/guest.ts'
import type { Wishes } from '../fixtures/visitor.ts'

const from = (address: string, fields: Record<string, string> = {}): Wishes => ({
  fields: { 'x-forwarded-for': address, ...fields },
})
const trusted = { proxies: { trusted: ['127.0.0.0/8'] } }
const statuses = (all: readonly { status: number }[]): Record<number, number> =>
  Object.fromEntries([...Map.groupBy(all, ({ status }) => status)].map(([status, each]) => [status, each.length]))

test('a limit is one over both edges and both lanes', { timeout: 60_000 }, async () => {
  await using origin = await Origin.start({
    '/page': { fields: { 'cache-control': 'max-age=600' }, body: 'page' },
    '/form': { body: 'form' },
  })
  const rules = [{ name: 'all of it', rate: { limit: '50/1h' as const } }]
  await using shield = await Shield.start({ config: { ...trusted, sites: [{ origins: [origin.url], rules }] } })
  const first = await ask(shield.port, '/page', from('192.0.2.9'))
  assert.equal(first.fields['ratelimit-policy'], '"all of it";q=50;w=3600')
  // Half of them are hits in the fast lane, the others go on to the origin.
  const all = await crowd(shield.port, '/page', 120, () => from('192.0.2.1'))
  assert.deepEqual(statuses(all), { 200: 50, 429: 70 })
  assert.ok(
    all.some(({ status, fields }) => status === 200 && fields['ratelimit'] === undefined),
    'the fast lane answered',
  )
  const mixed = await Promise.all([
    crowd(shield.port, '/page', 60, () => from('192.0.2.2')),
    crowd(shield.port, '/form', 60, () => from('192.0.2.2')),
  ])
  assert.deepEqual(statuses(mixed.flat()), { 200: 50, 429: 70 })
  assert.equal((await ask(shield.port, '/page', from('192.0.2.3'))).status, 200)
  await until('they are counted', async () => {
    const { counters } = await shield.stats()
    return (counters['limited'] as { total: number }).total === 140
  })
})

test(
  'who asks too often is told so as a page or as problem details, with Retry-After',
  { timeout: 60_000 },
  async () => {
    await using origin = await Origin.start({ '*': { body: 'page' } })
    const rules = [{ name: 'login', match: { path: '/login' }, rate: { limit: '1/1min' as const, by: 'address' } }]
    await using shield = await Shield.start({ config: { ...trusted, sites: [{ origins: [origin.url], rules }] } })
    const at = (address: string, accept: string) => ask(shield.port, '/login', from(address, { accept }))
    assert.equal((await at('2001:db8:1:2::1', 'text/html')).status, 200)
    const page = await at('2001:db8:1:2::2', 'text/html')
    assert.equal(page.status, 429)
    assert.match(page.fields['content-type']!, /text\/html/)
    assert.match(page.text, /asking too often/)
    const wait = Number(page.fields['retry-after'])
    assert.ok(wait > 50 && wait <= 60, String(wait))
    assert.equal(page.fields['ratelimit'], `"login";r=0;t=${wait}`)
    const problem = await at('2001:db8:1:2::3', 'application/json')
    assert.equal((JSON.parse(problem.text) as { reason: string }).reason, 'rate-limited')
    assert.equal((await at('2001:db8:1:3::1', 'text/html')).status, 200, 'another customer')
    assert.equal((await ask(shield.port, '/', from('2001:db8:1:2::1'))).status, 200, 'another path')
    assert.equal(origin.of('/login').length, 2)
  },
)

test('hits cost nothing where the origin counts, and our own paths never do', { timeout: 60_000 }, async () => {
  await using origin = await Origin.start({
    '/page': { fields: { 'cache-control': 'max-age=600' }, body: 'page' },
    '*': { body: 'other' },
  })
  const rules = [{ rate: { limit: '5/1h' as const, counts: 'origin' as const } }]
  await using shield = await Shield.start({ config: { ...trusted, sites: [{ origins: [origin.url], rules }] } })
  assert.equal((await ask(shield.port, '/page', from('192.0.2.1'))).fields['ratelimit'], '"rule 1";r=4;t=720')
  assert.deepEqual(statuses(await crowd(shield.port, '/page', 50, () => from('192.0.2.1'))), { 200: 50 })
  assert.deepEqual(statuses(await crowd(shield.port, '/other', 20, () => from('192.0.2.1'))), { 200: 4, 429: 16 })
  assert.deepEqual(statuses(await crowd(shield.port, '/.breakwater/health', 20, () => from('192.0.2.1'))), { 200: 20 })
  assert.equal(origin.of('/other').length, 4)
})

async function asked(guest: Guest, times: number): Promise<number[]> {
  const all: number[] = []
  for (let i = 0; i < times; i++) all.push((await guest.ask(`/${i}`)).status)
  return all
}

test('by ticket each visitor of a waiting room counts alone, and a ticket that was made up is no ticket', async () => {
  await using origin = await Origin.start({ '*': { body: 'page', fields: { 'cache-control': 'no-store' } } })
  const rules = [{ name: 'shop', rate: { limit: '4/1h' as const, by: 'ticket' as const, ceiling: 3 } }]
  const config = { sites: [{ name: 'shop', origins: [origin.url], waitingRoom: { sessions: 20 }, rules }] }
  await using shield = await Shield.start({ config })
  const first = new Guest(shield.port)
  // Until the room is there, and has numbers; all of it counts for the address, which has no ticket yet.
  await until('let in', async () => (await first.ask('/')).status === 200)
  assert.ok([...first.jar.keys()].some(name => name.startsWith('bw-session-')))
  assert.deepEqual(await asked(first, 6), [200, 200, 200, 200, 429, 429], 'four of its own')
  const [[name, text] = ['', '']] = first.jar
  const forged = { fields: { cookie: `${name}=1${text}` } }
  const statuses = (await crowd(shield.port, '/', 5, () => forged)).map(({ status }) => status)
  assert.ok(statuses.includes(429), 'what was made up counts for the address, with what came without a ticket')
})
