// The shop of the scenario launch: guests are logged in with their first page, and a form with a receipt is taken once.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { ScenarioSite } from '../../src/cli/storms/site.ts'
import { stormOf } from '../../src/cli/storms/storms.ts'

const folder = mkdtempSync(join(tmpdir(), 'launch-'))
const site = await ScenarioSite.start('launch', folder)
after(async () => {
  await site.end()
  rmSync(folder, { recursive: true })
})

const books = (): Record<string, number> => stormOf('launch')!.books!(folder)

function order(email: string, receipt?: string): Promise<Response> {
  const headers = receipt === undefined ? {} : { 'Breakwater-Receipt': receipt }
  const body = new URLSearchParams({ name: 'Ada', email })
  return fetch(`${site.url}/preorder`, { method: 'POST', redirect: 'manual', body, headers })
}

test('a guest is logged in once', async () => {
  const first = await fetch(`${site.url}/phone`)
  const cookie = first.headers.get('set-cookie')?.split(';', 1)[0] ?? ''
  assert.match(await first.text(), /action="\/preorder"/)
  await fetch(`${site.url}/phone`, { headers: { Cookie: cookie } })
  assert.equal(books()['guests logged in'], 1)
})

test('a login writes as many rows as let the disk bear 30 logins a second, two at least', () => {
  const commits = books()['commits a second that the disk makes']!
  const rows = books()['rows at each login (scaled to 30 logins a second)']!
  assert.ok(commits > 0)
  assert.equal(rows, Math.max(2, Math.round(commits / 30)))
  using database = new DatabaseSync(join(folder, 'shop.db'), { readOnly: true })
  const written = database.prepare('SELECT count(*) AS n FROM login GROUP BY session').all()
  assert.deepEqual(
    written.map(each => each['n']),
    [rows - 1],
  ) // and one row for the session itself
})

test('a form with a receipt is taken once, however often it comes; one without an email never', async () => {
  for (let i = 0; i < 3; i++) assert.equal((await order('ada@mail.example', 'R-1')).headers.get('location'), '/thanks')
  assert.equal((await order('ben@mail.example')).status, 303)
  assert.equal((await order('nobody')).status, 422)
  assert.equal(books()["pre-orders in the shop's database"], 2)
  assert.equal(books()['of these with a receipt of the shield'], 1)
  assert.equal(books()['pre-orders that stand there twice'], 0)
})
