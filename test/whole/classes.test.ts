// Bulkheads before the whole program: an API under load does not take the pages down, nor the pages the API, nor one site or
// region another. The origin is a process of its own that bears 80 answers a second, eight at once.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Origin } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { ask } from '../fixtures/visitor.ts'
import { load } from './fixtures/load.ts'
import type { Wish } from './fixtures/load.ts'

const FLOOD = 300
const QUIET = 8
const SECONDS = 6

const program = fileURLToPath(new URL('../../bench/storm/origin.ts', import.meta.url))

async function startOrigin() {
  const child = spawn(process.execPath, [program, '80', '8', '1.7'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  return { url: String(line).trim(), [Symbol.dispose]: () => void child.kill() }
}

type Asked = Omit<Wish, 'rate' | 'seconds'>

/** One floods while the other goes on as ever. */
async function both(port: number, flooding: Asked, quiet: Asked) {
  const [flood, calm] = await Promise.all([
    load(port, { ...flooding, rate: FLOOD, seconds: SECONDS }),
    load(port, { ...quiet, rate: QUIET, seconds: SECONDS }),
  ])
  assert.equal(flood.otherwise + flood.failed + calm.otherwise + calm.failed, 0)
  assert.ok(flood.told > 0, 'the flood is more than the origin bears')
  assert.ok(flood.served > 0, 'the flood is served from what the others leave')
  return calm
}

test('an API under load never takes the pages down, nor the pages the API, nor one region another', async context => {
  using origin = await startOrigin()
  const rules = [
    { match: { path: '/api/**' }, class: 'api' },
    { match: { header: { 'X-Country': 'NL' } }, class: 'dutch' },
  ]
  const classes = [{ name: 'api', share: '30%' }, { name: 'dutch' }] as const
  await using shield = await Shield.start({
    config: { sites: [{ origins: [origin.url], origin: { concurrency: 8 }, classes: [...classes], rules }] },
  })
  const dutch = { 'x-country': 'NL' }
  const stories = [
    ['the pages while the API is flooded', { path: '/api/list' }, { path: '/page' }],
    ['the API while the pages are', { path: '/page' }, { path: '/api/list' }],
    ['one country while the others are', { path: '/page' }, { path: '/page', headers: dutch }],
  ] as const
  for (const [name, flooding, quiet] of stories) {
    const calm = await both(shield.port, flooding, quiet)
    context.diagnostic(`${name}: ${calm.served} of ${calm.sent}`)
    assert.ok(calm.served >= 0.9 * calm.sent, `${name}: ${JSON.stringify(calm)}`)
  }
  const stats = (await shield.stats()).classes
  assert.deepEqual(
    stats.map(each => each.class),
    ['rest', 'api', 'dutch'],
  )
  assert.ok(stats[0]!.shed > 0 && stats[1]!.shed > 0, JSON.stringify(stats))
  assert.ok(stats.every(({ inFlight, waiting }) => inFlight === 0 && waiting === 0))
})

test('a class with a number of its own is never more at once, over both edges, and pages go on beside it', async context => {
  const work = 100
  await using origin = await Origin.start({
    '*': ({ path }) => ({ body: path, work, fields: { 'cache-control': 'no-store' } }),
  })
  const rules = [{ match: { path: '/search' }, class: 'search' }]
  const classes = [{ name: 'search', concurrency: 2 }] as const
  const config = {
    sites: [
      {
        origins: [origin.url],
        origin: { concurrency: 20, queue: { wait: '30s' as const } },
        classes: [...classes],
        rules,
      },
    ],
  }
  await using shield = await Shield.start({ config })
  const [searches, pages] = await Promise.all([
    Promise.all(Array.from({ length: 16 }, (_, i) => ask(shield.port, `/search?${i}`))),
    Promise.all(Array.from({ length: 16 }, (_, i) => ask(shield.port, `/page?${i}`))),
  ])
  context.diagnostic(`${origin.most('/search')} searches and ${origin.most('/page')} pages at once`)
  assert.equal(origin.most('/search'), 2)
  assert.ok(origin.most('/page') > 2)
  assert.deepEqual(new Set([...searches, ...pages].map(({ status }) => status)), new Set([200]))
})

test('one site under load does not take another down', async context => {
  using first = await startOrigin()
  using second = await startOrigin()
  const sites = [
    { name: 'first', hosts: ['first.test'], origins: [first.url] },
    { name: 'second', hosts: ['second.test'], origins: [second.url] },
  ]
  await using shield = await Shield.start({ config: { sites } })
  const calm = await both(
    shield.port,
    { path: '/page', headers: { host: 'first.test' } },
    { path: '/page', headers: { host: 'second.test' } },
  )
  context.diagnostic(`${calm.served} of ${calm.sent}`)
  assert.ok(calm.served >= 0.9 * calm.sent, JSON.stringify(calm))
})
