// The classes of a site on the dashboard, in a real browser: while slow searches fill their share of an origin, it says how many are in
// flight, how many may be, and how many wait.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Origin } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { ask } from '../fixtures/visitor.ts'
import { noBrowser, open, openBrowser } from './fixtures/browser.ts'

test(
  'what is in flight of each class, and what waits, stands beside its limit',
  { timeout: 240_000, skip: noBrowser ?? false },
  async () => {
    const released = Promise.withResolvers<void>()
    await using origin = await Origin.start({ '/search': () => released.promise.then(() => ({ body: 'found' })) })
    const site = {
      origins: [origin.url],
      origin: { concurrency: 8, queue: { wait: '60s' } },
      classes: [{ name: 'search', concurrency: 2 }],
      rules: [{ name: 'search', match: { path: '/search' }, class: 'search' }],
    }
    await using shield = await Shield.start({ config: { sites: [site] } })
    const searches = [1, 2, 3].map(n => ask(shield.port, `/search?n=${n}`))
    await using browser = await openBrowser()
    // Whatever is found, nobody is left waiting.
    using _ = { [Symbol.dispose]: released.resolve }
    const { page, wrong } = await open(browser, `http://${shield.admin}/`, {})
    const rows = async (): Promise<string[]> =>
      Promise.all((await page.locator('#classes tbody tr').all()).map(row => row.innerText()))
    let seen: string[] = []
    const due = [/^rest\t.*\t0\t\d\t0\t0$/, /^search\t.*\t2\t2\t1\t0$/]
    await until(
      () => `the two classes are shown: ${seen.join(' | ')}`,
      async () => {
        seen = await rows()
        return due.every((each, i) => each.test(seen[i] ?? ''))
      },
    )
    assert.equal(await page.locator('#classes-part').isVisible(), true)
    released.resolve()
    assert.deepEqual([...new Set((await Promise.all(searches)).map(({ status }) => status))], [200])
    assert.deepEqual(wrong, [])
  },
)
