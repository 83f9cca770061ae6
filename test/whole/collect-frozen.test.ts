// A site whose origin is switched off: frozen, it shows what is stored, and its forms are taken. Once the origin is there again they are sent.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Origin } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { noBrowser, openBrowser } from '../watch/fixtures/browser.ts'

const PAGE = `<!doctype html><title>Petition</title><form method=post action=/sign><input name=email required>
  <button>Sign</button></form>`

test('a frozen site stands without its origin, long after the lifetime of its pages, and goes on collecting', async context => {
  if (noBrowser !== null) return context.skip(noBrowser)
  const origin = await Origin.start({
    '/': { fields: { 'content-type': 'text/html', 'cache-control': 'max-age=1' }, body: PAGE },
    '/strict': { fields: { 'content-type': 'text/html', 'cache-control': 'max-age=1, must-revalidate' }, body: PAGE },
    '/sign': { status: 303, fields: { location: '/thanks' } },
  })
  const rules = [
    {
      match: 'POST /sign' as const,
      collect: { when: 'frozen' as const, fields: { email: { type: 'email' as const } } },
    },
  ]
  await using shield = await Shield.start({ config: { sites: [{ name: 'main', origins: origin.url, rules }] } })
  const statusOf = async (path: string): Promise<number> => (await fetch(shield.url + path)).status
  assert.deepEqual([await statusOf('/'), await statusOf('/strict')], [200, 200])
  await mode(shield, 'frozen')
  await origin.stop()
  await until('the page that forbids it is not served stale', async () => (await statusOf('/strict')) >= 500)
  const stale = await fetch(shield.url)
  assert.equal(stale.status, 200)
  assert.equal(await stale.text(), PAGE)
  const browser = await openBrowser()
  const page = await browser.newPage()
  await page.goto(shield.url)
  await page.locator('[name=email]').fill('ann@example.org')
  await page.locator('button').click()
  await page.getByText('Your form was received').waitFor()
  await browser.close()
  await origin.listen()
  assert.equal(origin.of('/sign').length, 0)
  await mode(shield, 'normal')
  await until('it has come whole', () => String(origin.of('/sign')[0]?.body) === 'email=ann%40example.org', 60_000)
  assert.equal(origin.of('/sign').length, 1)
  await origin.stop()
})

async function mode(shield: Shield, name: string): Promise<void> {
  const token = readFileSync(join(shield.data, 'admin-token'), 'utf8').trim()
  const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` }
  const answer = await shield.admit('/api/mode', { method: 'POST', headers, body: JSON.stringify({ mode: name }) })
  assert.equal(answer.status, 200)
}
