// In a spike the files of a page come from a content delivery network, as far as that serves them as the origin does: with a real
// second server in its place, which is right in some files and wrong in others, and a real browser.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Origin } from '../fixtures/origin.ts'
import type { Page } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { ask } from '../fixtures/visitor.ts'
import { noBrowser, openBrowser } from '../watch/fixtures/browser.ts'

const HTML = { 'content-type': 'text/html; charset=utf-8' }
const JS = { 'content-type': 'text/javascript' }
const OPEN = { 'access-control-allow-origin': '*' }
const RUN = "document.title += ' ran'"
const digest = (bytes: string): string => `sha384-${createHash('sha384').update(bytes).digest('base64')}`

const PARTS = `<script src="/good.js"></script><script src="/other.js"></script><script src="/closed.js"></script>
  <script src="/mine.js"></script><script src="/gone.js"></script><script src="/late.js"></script>
  <link rel="stylesheet" href="/site.css"><img src="/a.png" srcset="/a.png 1x, /b.png 2x">`
const bodies: Record<string, Page> = {
  '/good.js': { fields: JS, body: RUN },
  '/other.js': { fields: JS, body: '1' },
  '/closed.js': { fields: JS, body: '2' },
  '/mine.js': { fields: { ...JS, 'cache-control': 'private' }, body: '3' },
  '/gone.js': { status: 404, fields: JS, body: '4' },
  '/site.css': { fields: { 'content-type': 'text/css' }, body: 'h1 { color: rgb(1, 2, 3) }' },
  '/a.png': { fields: { 'content-type': 'image/png' }, body: 'a' },
  '/b.png': { fields: { 'content-type': 'image/png' }, body: 'b' },
}

let origin: Origin
let network: Origin
let shield: Shield

before(async () => {
  const policy = { ...HTML, 'content-security-policy': "script-src 'self'" }
  origin = await Origin.start({
    ...bodies,
    '/page': { fields: { ...HTML, 'set-cookie': 'a=b' }, body: `<title>Page</title><h1>News</h1>${PARTS}` },
    '/strict': { fields: policy, body: PARTS },
    '/late.js': { fields: JS, body: '5', work: 3000 },
  })
  const open = (path: string): Page => ({ ...bodies[path]!, fields: { ...bodies[path]!.fields, ...OPEN } })
  network = await Origin.start({
    ...Object.fromEntries(Object.keys(bodies).map(path => [`/of/site${path}`, open(path)])),
    '/of/site/other.js': { fields: { ...JS, ...OPEN }, body: 'bytes of yesterday' },
    '/of/site/closed.js': bodies['/closed.js']!,
    '/of/site/late.js': { fields: { ...JS, ...OPEN }, body: '5' },
  })
  const cache = { anonymous: true, for: '1s', offload: `${network.url}/of/site/` } as const
  shield = await Shield.start({
    config: { sites: [{ origins: [origin.url], rules: [{ match: { path: '/**' }, spike: { cache } }] }] },
  })
})
after(async () => {
  await shield.stop()
  await origin.stop()
  await network.stop()
})

const plain = async (path: string): Promise<string> => (await ask(shield.port, path)).text

test('on an ordinary day everything comes from the site', async () => {
  assert.match(await plain('/page'), /src="\/good\.js"/)
  assert.equal(network.asked.length, 0)
})

test('in a spike, what the network was seen to serve byte for byte comes from there, with a digest', async () => {
  const token = readFileSync(join(shield.data, 'admin-token'), 'utf8').trim()
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const mode = await shield.admit('/api/mode', { method: 'POST', headers, body: JSON.stringify({ mode: 'spike' }) })
  assert.equal(mode.status, 200)
  const to = `${network.url}/of/site`
  await until('the copy has it', async () => (await plain('/page')).includes(`${to}/good.js`))
  const html = await plain('/page')
  const script = `<script crossorigin="anonymous" integrity="${digest(RUN)}" src="${to}/good.js">`
  assert.ok(html.includes(script), html)
  assert.match(
    html,
    /<link crossorigin="anonymous" integrity="sha384-[\w+/=]{64}" rel="stylesheet" href="http[^"]+site\.css">/,
  )
  assert.ok(html.includes(`<img src="${to}/a.png" srcset="${to}/a.png 1x, ${to}/b.png 2x">`), html)
})

test('other bytes, no leave to read them, what is private or not there: those stay with the site', async () => {
  const html = await plain('/page')
  for (const name of ['other', 'closed', 'mine', 'gone']) assert.ok(html.includes(`<script src="/${name}.js">`), html)
})

test('what is found out late is in a later copy', async () => {
  await until('the copy has it', async () => (await plain('/page')).includes('/of/site/late.js'))
})

test('nothing of a visitor goes to the network, and it is not asked for each copy', async () => {
  const fields = { cookie: 'analytics=1', 'x-own': 'mine' }
  await ask(shield.port, '/page', { fields })
  for (const { fields: sent } of network.asked) assert.deepEqual([sent.cookie, sent['x-own']], [undefined, undefined])
  // Two edges may have looked.
  assert.ok(network.of('/of/site/good.js').length <= 2)
  assert.ok(origin.of('/good.js').length <= 2)
})

test('a page whose policy does not name the network keeps its addresses', async () => {
  const html = await plain('/strict')
  assert.ok(html.includes('<script src="/good.js">') && !html.includes(network.url), html)
})

test('a browser runs what it got from there', { skip: noBrowser ?? false }, async () => {
  const browser = await openBrowser()
  try {
    const page = await (await browser.newContext({ extraHTTPHeaders: {} })).newPage()
    const asked = network.of('/of/site/good.js').length
    // The browser names another host than the visitors above: its copy is made first.
    await until('its copy is made', async () => {
      await page.goto(`${shield.url}/page`)
      return network.of('/of/site/good.js').some(({ fields }) => /Chrom/.test(fields['user-agent'] ?? ''))
    })
    await until('it has run', async () => (await page.title()) === 'Page ran')
    assert.ok(network.of('/of/site/good.js').length > asked)
    assert.equal(await page.evaluate("getComputedStyle(document.querySelector('h1')).color"), 'rgb(1, 2, 3)')
  } finally {
    await browser.close()
  }
})
