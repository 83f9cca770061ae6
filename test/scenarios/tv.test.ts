// The breach-lookup site of the scenario tv: a page of hashes holds the address that was in a breach, for anyone to keep.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { ScenarioSite } from '../../src/cli/storms/site.ts'

const folder = mkdtempSync(join(tmpdir(), 'tv-'))
const site = await ScenarioSite.start('tv', folder)
after(async () => {
  await site.end()
  rmSync(folder, { recursive: true })
})

test('an address that was in a breach is found on its page, and only there', async () => {
  const hash = createHash('sha1').update('somebody7@mail.example').digest('hex')
  const response = await fetch(`${site.url}/range/${hash.slice(0, 2)}`)
  assert.equal(response.headers.get('cache-control'), 'public, max-age=3600')
  const lines = (await response.text()).split('\n')
  assert.ok(lines.includes(`${hash.slice(2)}:1`))
  assert.ok(lines.length > 50 && lines.length < 1200, `${lines.length} lines`)
})

test('pages, style, script and picture are there, and nothing else', async () => {
  for (const path of ['/', '/breaches', '/about', '/style.css', '/app.js', '/logo.svg'])
    assert.equal((await fetch(site.url + path)).status, 200, path)
  for (const path of ['/range/zz', '/range/abc', '/range', '/none'])
    assert.equal((await fetch(site.url + path)).status, 404)
  assert.equal((await fetch(site.url, { method: 'POST' })).status, 405)
})
