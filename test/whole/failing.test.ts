// Threads and the process die under a steady load: what visitors saw, counted.

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Origin } from '../fixtures/origin.ts'
import type { ConfigInput } from '../../src/config/types.ts'
import { Shield } from '../fixtures/shield.ts'
import { ask, lostOf, steady, tell } from '../fixtures/visitor.ts'
import type { Came, Seen } from '../fixtures/visitor.ts'
import type { Demand } from './fixtures/mortal.ts'

const mortal = fileURLToPath(new URL('fixtures/mortal.ts', import.meta.url))
const PAGES = 20
/** Requests in a second. */
const RATE = { hits: 250, stale: 25, misses: 25 }

const isPage = (came: Came, path: string): boolean => came.status === 200 && came.text === `page ${path}`

const shown = (seen: Record<keyof typeof RATE, Seen>): string =>
  Object.entries(seen)
    .map(([what, each]) => `${what}: ${tell(each)}`)
    .join(' · ')

/** Room for all that come: what dies is looked at here, not what an origin bears. */
const configOf = ({ url }: Origin): ConfigInput => ({ sites: [{ origins: [{ url, concurrency: 256 }] }] })

describe('under load', { timeout: 90_000 }, () => {
  let origin: Origin
  let shield: Shield
  let misses = 0

  before(async () => {
    origin = await Origin.start({
      '/stale': { fields: { 'cache-control': 'max-age=1, stale-while-revalidate=600' }, body: 'page /stale' },
      '*': ({ path }) => ({
        fields: { 'cache-control': path.startsWith('/hit') ? 'max-age=600' : 'no-store' },
        body: `page ${path}`,
        work: path.startsWith('/miss') ? 20 : 0,
      }),
    })
    shield = await Shield.start({ config: configOf(origin), node: ['--import', mortal] })
    for (let i = 0; i < PAGES; i++) await ask(shield.port, `/hit${i}`)
    await ask(shield.port, '/stale')
  })
  after(async () => {
    await shield[Symbol.asyncDispose]()
    await origin.stop()
  })

  function crowd(): () => Promise<Record<keyof typeof RATE, Seen>> {
    const { port } = shield
    const hits = steady(port, RATE.hits, i => `/hit${i % PAGES}`, isPage)
    const stale = steady(port, RATE.stale, () => '/stale', isPage)
    const missing = steady(port, RATE.misses, () => `/miss${misses++}`, isPage)
    return async () => {
      const [a, b, c] = await Promise.all([hits(), stale(), missing()])
      return { hits: a, stale: b, misses: c }
    }
  }

  function demand(demand: Demand): void {
    writeFileSync(join(shield.folder, 'demand.json'), JSON.stringify(demand))
    shield.kill('SIGUSR2')
  }

  /** The demand in the middle of the load; resolves when the place is filled again. */
  async function killed(what: Demand): Promise<Record<keyof typeof RATE, Seen>> {
    const [died, ready] = [shield.logs('thread-died').length, shield.logs('thread-ready').length]
    const stop = crowd()
    await sleep(700)
    demand(what)
    await shield.heard('thread-died', died + 1)
    await shield.heard('thread-ready', ready + 1)
    await sleep(700)
    return stop()
  }

  for (const how of ['throw', 'memory'] as const)
    it(`an edge that dies (${how}) takes only what it had in flight with it`, async context => {
      const seen = await killed({ role: 'edge', slot: shield.logs('thread-died').length, how })
      context.diagnostic(shown(seen))
      // A thread that eats its memory holds what came meanwhile: half of some hundred milliseconds of arrivals.
      const most = how === 'throw' ? 15 : 300
      assert.ok(lostOf(seen.hits) + lostOf(seen.stale) + lostOf(seen.misses) <= most, shown(seen))
      assert.ok(seen.hits.good > 200)
    })

  it('a core that dies costs nobody a page', async context => {
    const seen = await killed({ role: 'core', how: 'throw' })
    context.diagnostic(shown(seen))
    assert.equal(lostOf(seen.hits) + lostOf(seen.stale) + lostOf(seen.misses), 0)
  })

  it('nor does a dead journal or a dead watch, which comes back on its port', async context => {
    for (const role of ['journal', 'watch'] as const) {
      if (!shield.logs('thread-ready').some(({ thread }) => thread === role)) continue
      const seen = await killed({ role, how: 'throw' })
      context.diagnostic(`${role}: ${shown(seen)}`)
      assert.equal(lostOf(seen.hits) + lostOf(seen.stale) + lostOf(seen.misses), 0, role)
    }
    assert.equal((await shield.admit('/healthz')).status, 200)
  })

  it('while core stalls for 5 s, hits and stale answers go on', async context => {
    const stop = crowd()
    await sleep(500)
    demand({ role: 'core', how: 'stall', ms: 5000 })
    await sleep(5500)
    const seen = await stop()
    context.diagnostic(shown(seen))
    assert.equal(lostOf(seen.hits) + lostOf(seen.stale), 0)
    assert.ok(seen.hits.slowest < 1000 && seen.stale.good > 100)
    assert.equal((await ask(shield.port, '/miss-after')).status, 200)
  })

  it('a process that is killed starts again with what it had stored', async context => {
    const { port, data } = shield
    await sleep(1000)
    shield.kill('SIGKILL')
    await shield.child.ended
    const before = origin.asked.length
    const began = performance.now()
    const next = await Shield.start({ config: configOf(origin), data, port })
    const seconds = (performance.now() - began) / 1000
    for (let i = 0; i < PAGES; i++) assert.equal((await ask(port, `/hit${i}`)).text, `page /hit${i}`)
    const fetched = origin.asked.length - before
    context.diagnostic(`ready after ${seconds.toFixed(2)} s; of ${PAGES} stored pages ${fetched} were fetched again`)
    await next.stop()
    await next[Symbol.asyncDispose]()
    assert.equal(fetched, 0)
  })
})
