// Two nodes with a real server, each with its dashboard in a real browser: both show the figures of both as one sum, and who is left says
// what the lost one keeps from it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { startNode, stateOf } from '../cluster/nodes.ts'
import { Origin } from '../fixtures/origin.ts'
import { Redis, noRedis } from '../fixtures/redis.ts'
import { until } from '../fixtures/until.ts'
import { ask, crowd } from '../fixtures/visitor.ts'
import { noBrowser, open, openBrowser } from './fixtures/browser.ts'

/** What stands behind a name among the facts of the process; empty where the name does not stand there. */
const factOn = async (page: Page, name: string): Promise<string> => {
  const told = await page.locator('#process').evaluate((list, wanted) => {
    const names = [...list.querySelectorAll('dt')]
    return names.find(each => each.textContent === wanted)?.nextElementSibling?.textContent
  }, name)
  return told ?? ''
}

/** Resolves with what stands there as soon as it is like that. */
async function shown(page: Page, name: string, like: RegExp): Promise<string> {
  let seen = ''
  await until(
    () => `${name} is like ${like.source}: ${seen}`,
    async () => like.test((seen = await factOn(page, name))),
  )
  return seen
}

test(
  'each node’s dashboard shows the sum of both, and what a lost one holds until it is forgotten',
  { timeout: 240_000, skip: noBrowser ?? noRedis ?? false },
  async () => {
    const released = Promise.withResolvers<void>()
    await using redis = await Redis.start()
    await using origin = await Origin.start({
      '/slow': () => released.promise.then(() => ({ body: 'late' })),
      '*': { body: 'page', fields: { 'cache-control': 'no-store' } },
    })
    const starting = { servers: [redis.url], origins: [origin.url], concurrency: 12 }
    await using a = await startNode({ name: 'a', ...starting })
    await using b = await startNode({ name: 'b', ...starting })
    await using browser = await openBrowser()
    using _ = { [Symbol.dispose]: released.resolve }
    const pages = await Promise.all([a, b].map(({ admin }) => open(browser, `http://${admin}/`)))
    await Promise.all(pages.map(({ page }) => shown(page, 'All nodes', /^2 nodes: /)))

    // Two at one and three at the other, all at the origin at once; besides, only the first has visitors.
    const slow = [a, a, b, b, b].map(({ port }, n) => ask(port, `/slow?n=${n}`))
    for (const { page } of pages) await shown(page, 'All nodes', /; 5 of \d+ in flight there, 0 waiting$/)
    const load = { isOver: false }
    const loading = (async () => {
      while (!load.isOver) await crowd(a.port, '/', 10)
    })()
    try {
      for (const { page } of pages) await shown(page, 'All nodes', /^2 nodes: [1-9][\d,]* requests\/s/)
      const { figures } = (await stateOf(b))!
      assert.deepEqual(
        figures.map(({ node }) => node),
        ['a', 'b'],
      )
    } finally {
      load.isOver = true
      await loading
    }
    released.resolve()
    assert.deepEqual([...new Set((await Promise.all(slow)).map(({ status }) => status))], [200])
    for (const { page } of pages) await shown(page, 'All nodes', /^2 nodes: 0 requests\/s.*; 0 of 12 in flight there/)
    for (const { wrong } of pages) assert.deepEqual(wrong, [])

    b.kill('SIGKILL')
    await b.child.ended
    const { page } = pages[0]!
    await shown(page, 'All nodes', /^1 nodes?: /)
    const lost = await shown(page, 'Lost nodes', /^b holds [1-9]/)
    assert.ok(lost.endsWith(` of 12 at ${origin.url}; if it is gone for good: breakwater cluster forget b`), lost)
    await a.heard('alert')
  },
)
