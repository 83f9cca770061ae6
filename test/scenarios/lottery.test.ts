// The lottery of the scenario lottery: its counts are right, nothing of it may be stored, and the bakery answers beside it.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { ScenarioSite } from '../../src/cli/storms/site.ts'

const folder = mkdtempSync(join(tmpdir(), 'lottery-'))
const site = await ScenarioSite.start('lottery', folder)
after(async () => {
  await site.end()
  rmSync(folder, { recursive: true })
})

test('every ticket of the draw stands in one row of the winners', async () => {
  const page = await (await fetch(`${site.url}/winners`)).text()
  const counts = [...page.matchAll(/<td>(\d) right<\/td><td>(\d+)<\/td>/g)].map(([, , tickets]) => Number(tickets))
  assert.equal(counts.reduce((sum, each) => sum + each, 0), 50_000) // prettier-ignore
  assert.match(await (await fetch(`${site.url}/check?ticket=7`)).text(), /\d right\./)
  assert.match(await (await fetch(`${site.url}/check?ticket=999999`)).text(), /There is no such ticket/)
})

test('a session begins with the first page, and no page may be stored', async () => {
  const first = await fetch(`${site.url}/results`)
  assert.equal(first.headers.get('cache-control'), 'private, no-store')
  const cookie = first.headers.get('set-cookie')?.split(';', 1)[0] ?? ''
  assert.match(cookie, /^session=[0-9a-f]{24}$/)
  const second = await fetch(`${site.url}/results`, { headers: { Cookie: cookie } })
  assert.equal(second.headers.get('set-cookie'), null)
  for (const path of ['/none', '/check', '/check?ticket=x']) assert.equal((await fetch(site.url + path)).status, 404)
})

test('the bakery answers on a port of its own', async () => {
  assert.match(await (await fetch(site.neighbourUrl!)).text(), /Plum cake: 3\.40/)
})
