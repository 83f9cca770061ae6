// In a spike: calls that the page can do without are answered here, and every page leads to the one that people came for.

import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { tmpdir } from 'node:os'
import { Origin } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { ask } from '../fixtures/visitor.ts'
import type { Wishes } from '../fixtures/visitor.ts'
import { until } from '../fixtures/until.ts'

const folder = mkdtempSync(join(tmpdir(), 'instead-'))
let origin: Origin
let shield: Shield

before(async () => {
  writeFileSync(join(folder, 'related.html'), '<p>Nothing today</p>')
  origin = await Origin.start({
    '*': ({ path }) => ({ fields: { 'cache-control': 'max-age=60' }, body: `${path} asked` }),
  })
  shield = await Shield.start({
    config: {
      sites: [
        {
          origins: [origin.url],
          rules: [
            { name: 'one page', match: { path: '/**' }, spike: { funnel: '/tickets' } },
            { match: { path: '/help/**' }, spike: { funnel: 'none' } },
            { name: 'related', match: { path: '/api/related' }, spike: { stub: { body: '{"items":[]}' } } },
            { match: { path: '/parts/*' }, spike: { stub: { file: join(folder, 'related.html'), type: 'text/html' } } },
            { match: { path: '/api/beacon' }, spike: { stub: { body: '', status: 204 } } },
          ],
        },
      ],
    },
  })
})
after(async () => {
  await shield.stop()
  await origin.stop()
  rmSync(folder, { recursive: true })
})

const page: Wishes = { fields: { accept: 'text/html,*/*;q=0.8' } }
const text = async (path: string, wishes: Wishes = page): Promise<string> => (await ask(shield.port, path, wishes)).text

test('on an ordinary day the origin answers everything', async () => {
  for (const path of ['/news', '/api/related', '/parts/1', '/tickets']) assert.equal(await text(path), `${path} asked`)
})

test('in a spike the stored pages of before do not stand in the way of either', async () => {
  const token = readFileSync(join(shield.data, 'admin-token'), 'utf8').trim()
  const command = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const body = JSON.stringify({ mode: 'spike' })
  assert.equal((await shield.admit('/api/mode', { method: 'POST', headers: command, body })).status, 200)
  await until('the mode is there', async () => (await ask(shield.port, '/news', page)).status === 302)
  const asked = origin.asked.length
  const news = await ask(shield.port, '/news?from=mail', page)
  assert.deepEqual([news.status, news.fields.location, news.fields['cache-control']], [302, '/tickets', 'no-store'])
  const related = await ask(shield.port, '/api/related', { method: 'POST', body: 'x' })
  assert.deepEqual([related.status, related.text], [200, '{"items":[]}'])
  assert.equal(related.fields['content-type'], 'application/json')
  const part = await ask(shield.port, '/parts/1')
  assert.deepEqual([part.fields['content-type'], part.text], ['text/html', '<p>Nothing today</p>'])
  const beacon = await ask(shield.port, '/api/beacon', { method: 'POST' })
  assert.deepEqual([beacon.status, beacon.text], [204, ''])
  const head = await ask(shield.port, '/api/related', { method: 'HEAD' })
  assert.deepEqual([head.fields['content-length'], head.text], ['12', ''])
  assert.equal(origin.asked.length, asked, 'the origin heard nothing')
})

test('what is no page, the page itself and what a later rule leaves alone go their own way', async () => {
  assert.equal(await text('/tickets?seat=1'), '/tickets asked')
  assert.equal(await text('/style.css', { fields: { accept: 'text/css,*/*;q=0.1' } }), '/style.css asked')
  assert.equal(await text('/api/data', { fields: { accept: 'application/json' } }), '/api/data asked')
  assert.equal(await text('/help/contact'), '/help/contact asked')
  assert.equal(await text('/order', { method: 'POST', body: 'a=1' }), '/order asked')
  // Nor does it keep them out of the store: the crowd is at that page.
  for (const path of ['/tickets?seat=1', '/style.css']) {
    const asked = origin.of(path).length
    await until(`${path} comes from the store`, async () => / hit;/.test((await ask(shield.port, path, page)).cache))
    assert.ok(origin.of(path).length <= asked + 1)
  }
  assert.equal(await text('/fragment', { fields: { 'sec-fetch-mode': 'cors', accept: '*/*' } }), '/fragment asked')
})
