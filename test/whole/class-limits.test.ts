// Each class finds its own limit, without a number: what is slow, collapses or hangs in one class takes no places from the
// others, and all of them together stay within what the origin bears.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Origin } from '../fixtures/origin.ts'
import type { Script } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { ask } from '../fixtures/visitor.ts'
import { load } from './fixtures/load.ts'
import type { Fared } from './fixtures/load.ts'

const UNSTORED = { 'cache-control': 'no-store' }
const RULES = [{ match: { path: '/search' }, class: 'search' }]
const PAGE: Script = { fields: UNSTORED, body: 'page', work: 20 }

interface Site {
  readonly search: Script
  readonly origin?: { firstByteTimeout?: '1s'; concurrency?: number }
}

async function siteOf({ search, origin: settings = {} }: Site) {
  const origin = await Origin.start({ '/search': search, '*': PAGE })
  // How long one waits on a machine that others use is not what this is about.
  const patient = { ...settings, queue: { wait: '5s' as const } }
  const site = { origins: [origin.url], origin: patient, classes: [{ name: 'search' }], rules: RULES }
  const shield = await Shield.start({ config: { sites: [site] } })
  const ofSearch = async () => (await shield.stats()).classes.find(each => each.class === 'search')!
  return {
    ...{ origin, shield, ofSearch },
    async [Symbol.asyncDispose]() {
      await shield[Symbol.asyncDispose]()
      await origin[Symbol.asyncDispose]()
    },
  }
}

/** A search whose four workers fight for locks: beyond four at once it completes fewer the more there are. */
function fighting(): { search: Script; completed: () => number } {
  let now = 0
  let completed = 0
  const search: Script = async () => {
    now++
    for (let left = 100; left > 0;) {
      const before = performance.now()
      await sleep(10)
      left -= (performance.now() - before) / Math.max(1, (now / 4) ** 1.7)
    }
    now--
    completed++
    return { fields: UNSTORED, body: 'found' }
  }
  return { search, completed: () => completed }
}

const isWell = (pages: Fared, what: string): void => {
  assert.equal(pages.otherwise + pages.failed, 0, `${what}: ${JSON.stringify(pages)}`)
  assert.ok(pages.served >= 0.9 * pages.sent, `${what}: ${JSON.stringify(pages)}`)
}

test('a search that collapses under load is held where it completes most, and the pages beside it go on', async context => {
  const { search, completed } = fighting()
  await using site = await siteOf({ search })
  const { port } = site.shield
  const [searches, pages, found] = await Promise.all([
    load(port, { path: '/search', rate: 80, seconds: 20 }),
    load(port, { path: '/page', rate: 20, seconds: 20 }),
    sleep(8_000).then(async () => {
      const before = completed()
      await sleep(10_000)
      return { rate: (completed() - before) / 10, limit: (await site.ofSearch()).limit }
    }),
  ])
  context.diagnostic(`${JSON.stringify(found)}; searches ${JSON.stringify(searches)}; pages ${JSON.stringify(pages)}`)
  isWell(pages, 'pages beside a search that collapses')
  assert.equal(searches.otherwise + searches.failed, 0)
  // It bears 40 a second with four at once; with sixteen it would be 15, and with all that come nothing.
  assert.ok(found.limit >= 2 && found.limit <= 12, `the class may have ${found.limit} at once`)
  assert.ok(found.rate > 0 && searches.served > 0)
})

test('a search that hangs takes neither the places nor the limit of the pages', async context => {
  const hanging: Script = { fields: UNSTORED, body: 'too late', work: 3_000 }
  await using site = await siteOf({ search: hanging, origin: { firstByteTimeout: '1s' } })
  const { port } = site.shield
  const searching = load(port, { path: '/search', rate: 50, seconds: 14 })
  await until('searches are in flight', async () => (await site.ofSearch()).inFlight > 0)
  // The first of them hang when the pages begin.
  const pages = await load(port, { path: '/page', rate: 40, seconds: 10 })
  const [row] = (await site.shield.stats()).origins
  const { limit } = await site.ofSearch()
  context.diagnostic(`${JSON.stringify(pages)}; the origin's limit ${row!.limit}, that of searches ${limit}`)
  isWell(pages, 'pages beside a search that hangs')
  assert.ok(limit < row!.limit, `searches may have ${limit} of ${row!.limit}`)
  const searches = await searching
  assert.equal(searches.otherwise + searches.served, 0)
})

test('a class that fails lowers its own limit, not that of the origin', async context => {
  const failing: Script = { status: 500, fields: UNSTORED, body: 'broken', work: 200 }
  await using site = await siteOf({ search: failing })
  const { port } = site.shield
  const [searches, pages, seen] = await Promise.all([
    load(port, { path: '/search', rate: 100, seconds: 14 }),
    load(port, { path: '/page', rate: 40, seconds: 14 }),
    sleep(12_000).then(async () => ({
      search: (await site.ofSearch()).limit,
      origin: (await site.shield.stats()).origins[0]!.limit,
    })),
  ])
  context.diagnostic(`${JSON.stringify(seen)}; searches ${JSON.stringify(searches)}; pages ${JSON.stringify(pages)}`)
  isWell(pages, 'pages beside a search that fails')
  assert.ok(seen.search < seen.origin, JSON.stringify(seen))
})

test('all classes together stay within the limit of the origin, and a slow one leaves a place to who comes', async context => {
  const slow: Script = { fields: UNSTORED, body: 'found', work: 2_000 }
  await using site = await siteOf({ search: slow, origin: { concurrency: 6 } })
  const { port } = site.shield
  const searches = load(port, { path: '/search', rate: 40, seconds: 8 })
  await until('searches are in flight', async () => (await site.ofSearch()).inFlight >= 4)
  // While not one of them has ended, a page is served at once.
  const page = await ask(port, '/page')
  assert.equal(page.status, 200)
  assert.ok((await site.ofSearch()).inFlight > 0)
  isWell(await load(port, { path: '/page', rate: 30, seconds: 5 }), 'pages beside a slow search')
  assert.equal((await searches).otherwise, 0)
  const most = site.origin.most()
  context.diagnostic(`${most} at once at the origin, ${site.origin.most('/search')} searches`)
  assert.ok(most <= 6, `${most} at once`)
  assert.ok(site.origin.most('/search') <= 5)
})
