// The status page of a real process: there for visitors while the origin works and after it has gone, on a host of its own where the
// config says so, and in a folder for another place.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { Origin } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { ask, steady } from '../fixtures/visitor.ts'

const program = fileURLToPath(new URL('../../bin/breakwater.mjs', import.meta.url))
const STATUS = '/.breakwater/status'

interface Told {
  state: string
  title: string
  days: { requests: number; uptime: number | null }[]
  incidents: { until: string | null }[]
}

test(
  'it says how it is, also when the origin is down, and can be put elsewhere',
  { timeout: 90_000 },
  async context => {
    const folder = mkdtempSync(join(tmpdir(), 'breakwater-status-'))
    context.after(() => rmSync(folder, { recursive: true }))
    await using origin = await Origin.start({ '*': { fields: { 'cache-control': 'no-store' }, body: 'a page' } })
    await using shield = await Shield.start({ origins: [origin.url] })
    const told = async (): Promise<Told> => JSON.parse((await ask(shield.port, `${STATUS}/status.json`)).text) as Told
    const end = steady(shield.port, 40, i => `/${i}`)
    await until(
      'it is well',
      async () => (await ask(shield.port, `${STATUS}/status.json`)).status === 200 && (await told()).state === 'up',
    )
    const moved = await ask(shield.port, STATUS)
    assert.deepEqual([moved.status, moved.fields.location], [308, `${STATUS}/`])
    const page = await ask(shield.port, `${STATUS}/`)
    assert.match(page.text, /Everything works/)
    assert.equal(page.fields['content-type'], 'text/html; charset=utf-8')
    await until('today’s requests are counted', async () => (await told()).days.at(-1)!.requests > 100)
    await origin.stop()
    await until('it says that it is not well', async () => (await told()).state !== 'up', 40_000)
    await end()
    const { days, incidents } = await told()
    assert.ok(days.at(-1)!.uptime! < 1)
    assert.equal(incidents[0]?.until, null)
    assert.match((await ask(shield.port, `${STATUS}/feed.xml`)).text, /<rss version="2.0">/)
    assert.equal((await ask(shield.port, `${STATUS}/other`)).status, 404)
    const run = promisify(execFile)
    await run(process.execPath, [program, 'status', 'publish', folder, '--data', shield.data])
    for (const file of ['index.html', 'status.json', 'feed.xml'])
      assert.ok(readFileSync(join(folder, file), 'utf8').length > 100)
    const { stdout } = await run(process.execPath, [program, 'status', '--data', shield.data])
    assert.match(stdout, /of requests were answered/)
  },
)

test('a host of its own has the page at its root, and no site has it then', async () => {
  await using origin = await Origin.start({ '*': { fields: { 'cache-control': 'max-age=60' }, body: 'a page' } })
  const config = {
    sites: [{ hosts: 'www.example.org', origins: [origin.url] }],
    status: { host: 'status.example.org', path: '/', title: 'Example' },
  }
  await using shield = await Shield.start({ config })
  const status = { fields: { host: 'status.example.org' } }
  await until('it is there', async () => (await ask(shield.port, '/', status)).status === 200)
  assert.match((await ask(shield.port, '/', status)).text, /Example/)
  assert.match((await ask(shield.port, '/feed.xml', status)).text, /<rss/)
  assert.equal((await ask(shield.port, '/')).text, 'a page')
  assert.equal((await ask(shield.port, `${STATUS}/`)).status, 404)
})

test('a path of the site’s own wins over what is stored there', async () => {
  await using origin = await Origin.start({ '*': { fields: { 'cache-control': 'max-age=60' }, body: 'a page' } })
  await using shield = await Shield.start({
    config: { sites: [{ origins: [origin.url] }], status: { path: '/status' } },
  })
  await until('it is there', async () => (await ask(shield.port, '/status/')).status === 200)
  for (let i = 0; i < 3; i++) assert.match((await ask(shield.port, '/status/')).text, /<!doctype html>/)
  assert.equal((await ask(shield.port, '/statuses')).text, 'a page')
})
