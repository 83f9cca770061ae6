// A site is frozen: taken page by page through the shield that runs, served while its origin is off, changed for another snapshot and
// back from one request to the next, over a restart and without any shield before.

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Child } from '../cli/fixtures/child.ts'
import { Origin } from '../fixtures/origin.ts'
import type { Page } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { ask } from '../fixtures/visitor.ts'

const program = fileURLToPath(new URL('../../bin/breakwater.mjs', import.meta.url))
const HTML = { 'content-type': 'text/html; charset=utf-8' }
const folder = mkdtempSync(join(tmpdir(), 'freeze-'))
const SITE = 'http://www.example.org/'

let news = 'old news'
const home = (): Page => ({
  fields: { ...HTML, 'set-cookie': 'session=1', 'cache-control': 'private, no-store' },
  body: `<h1>${news}</h1><a href="/about?lang=de">über</a><a href="/away">a</a><a href="/nowhere">n</a><a href="/staff/x">s</a>
    <link rel="stylesheet" href="/site.css"><form method="post" action="/sign"></form><form method="post" action="/vote"></form>
    <script>fetch('/api/count')</script>`,
})

async function breakwater(...args: string[]): Promise<{ code: number | string; out: string; error: string }> {
  const child = new Child(program, args, folder)
  const code = await child.ended
  return { code, out: child.stdout, error: child.stderr }
}

interface Report {
  pages: number
  files: number
  redirects: number
  disallowed: number
  missing: { target: string; from: string; why: string }[]
  forms: { method: string; action: string; works: boolean }[]
  calls: { url: string }[]
  version: string
  inUse: string
}

describe('a frozen site', () => {
  let origin: Origin
  let shield: Shield
  let first: Report

  before(async () => {
    origin = await Origin.start({
      '/': home,
      '/about': ({ target }) => ({ fields: HTML, body: `about ${target}` }),
      '/away': { status: 302, fields: { location: 'http://www.example.org/about?lang=de' } },
      '/hidden': { fields: HTML, body: 'only in the map' },
      '/site.css': { fields: { 'content-type': 'text/css' }, body: 'body { background: url("/b.png") }' },
      '/b.png': { fields: { 'content-type': 'image/png' }, body: Buffer.from([0x89, 0, 255]) },
      '/robots.txt': { fields: { 'content-type': 'text/plain' }, body: 'User-agent: *\nDisallow: /staff' },
      '/sitemap.xml': {
        fields: { 'content-type': 'application/xml' },
        body: '<urlset><url><loc>http://www.example.org/hidden</loc></url></urlset>',
      },
    })
    shield = await Shield.start({
      config: {
        sites: [
          {
            name: 'main',
            origins: [origin.url],
            rules: [
              { match: { path: '/sign', method: 'POST' }, collect: { when: ['frozen'] } },
              { match: { path: '/live/**' }, snapshot: { missing: 'origin' } },
            ],
          },
        ],
      },
    })
  })
  after(async () => {
    await shield[Symbol.asyncDispose]()
    await origin.stop()
    rmSync(folder, { recursive: true })
  })

  const freeze = (...args: string[]) =>
    breakwater('freeze', ...args, '--data', shield.data, '--config', join(shield.folder, 'breakwater.json'))
  const text = async (path: string): Promise<string> =>
    (await ask(shield.port, path, { fields: { cookie: 'session=mine' } })).text

  it('is walked over through the shield, and what is not covered is told', async () => {
    const { code, out, error } = await freeze(SITE, '--rate', '200', '--json')
    assert.equal(code, 0, error)
    first = JSON.parse(out) as Report
    assert.deepEqual([first.pages, first.files, first.redirects, first.disallowed], [3, 2, 1, 1])
    assert.deepEqual(first.missing, [{ target: '/nowhere', from: '/', why: 'status 404' }])
    const works = Object.fromEntries(first.forms.map(({ action, works: does }) => [action, does]))
    assert.deepEqual(works, { 'http://www.example.org/sign': true, 'http://www.example.org/vote': false })
    assert.deepEqual(
      first.calls.map(({ url }) => url),
      ['http://www.example.org/api/count'],
    )
    assert.equal(first.inUse, first.version)
    // It came by the shield: the origin was told who passed it on.
    assert.ok(origin.asked.every(({ fields }) => fields.via !== undefined))
    assert.equal(origin.of('/staff/x').length, 0)
  })

  it('is as ever until it is in that mode', async () => {
    news = 'new news'
    assert.match(await text('/'), /new news/)
  })

  it('answers everyone from the snapshot then, with the origin off, at once and from the fast lane', async () => {
    await origin.stop()
    const { code, error } = await freeze('--serve')
    assert.equal(code, 0, error)
    const came = await ask(shield.port, '/', { fields: { cookie: 'session=mine' } })
    assert.match(came.text, /old news/)
    assert.equal(came.cache, 'breakwater; hit; detail=stored-snapshot')
    assert.deepEqual([came.fields['set-cookie'], came.fields['cache-control']], [undefined, 'no-cache'])
    assert.equal(await text('/about?lang=de'), 'about /about?lang=de')
    assert.equal(await text('/hidden'), 'only in the map')
    assert.deepEqual((await ask(shield.port, '/b.png')).body, Buffer.from([0x89, 0, 255]))
    const away = await ask(shield.port, '/away')
    assert.deepEqual([away.status, away.fields.location], [302, '/about?lang=de'])
    const again = await ask(shield.port, '/', { fields: { cookie: 'session=other' } })
    assert.match(again.cache, /^breakwater; hit/)
    const fields = { 'if-none-match': String(came.fields.etag) }
    assert.equal((await ask(shield.port, '/', { fields })).status, 304)
  })

  it('knows a page under another query than it was taken with, and stores nothing of that', async () => {
    // From disk each time: what comes from the store says how long it is good for.
    for (let nth = 0; nth < 2; nth++) {
      const strange = await ask(shield.port, '/hidden?x=1')
      assert.deepEqual([strange.text, strange.cache], ['only in the map', 'breakwater; hit; detail=stored-snapshot'])
    }
  })

  it('says so of what it does not have, and asks the origin where a rule wants it', async () => {
    const nowhere = await ask(shield.port, '/nowhere', { fields: { accept: 'application/json' } })
    assert.deepEqual(
      [nowhere.status, (JSON.parse(nowhere.text) as { reason: string }).reason],
      [503, 'not-in-snapshot'],
    )
    assert.equal((await ask(shield.port, '/vote', { method: 'POST', body: 'a=1' })).status, 503)
    // The origin is off, which is an answer of another kind.
    assert.equal((await ask(shield.port, '/live/x')).status, 502)
  })

  it('takes the forms that are collected', async () => {
    const sent = { method: 'POST', body: 'name=Ada', fields: { 'content-type': 'application/x-www-form-urlencoded' } }
    const { status } = await ask(shield.port, '/sign', sent)
    assert.ok(status === 202 || status === 303 || status === 200, String(status))
  })

  it('goes over to another snapshot, back and forward, from one request to the next', async () => {
    await origin.listen()
    assert.equal((await breakwater('mode', 'normal', '--data', shield.data)).code, 0)
    const second = JSON.parse((await freeze(SITE, '--rate', '200', '--json')).out) as Report
    assert.equal((await freeze('--serve')).code, 0)
    assert.match(await text('/'), /new news/)
    assert.equal((await freeze('--use', 'previous')).code, 0)
    assert.match(await text('/'), /old news/)
    const forward = await freeze('--use', second.version)
    assert.match(await text('/'), /new news/)
    assert.match(forward.out, new RegExp(`${second.version}  in use`))
  })

  it('refuses a version that there is not, and one that is damaged is not put into use', async () => {
    const { code, error } = await freeze('--use', '2020-01-01T00-00-00Z')
    assert.ok(code !== 0 && error.includes(first.version), error)
    const lie = join(shield.data, 'snapshots', 'main', '2020-01-01T00-00-00Z')
    mkdirSync(lie)
    writeFileSync(join(lie, 'manifest.json'), '{"url":"x"')
    assert.notEqual((await freeze('--use', '2020-01-01T00-00-00Z')).code, 0)
    assert.match(await text('/'), /new news/)
    rmSync(lie, { recursive: true })
  })

  it('never serves a body that is another than it was', async () => {
    const snapshot = join(shield.data, 'snapshots', 'main', first.version)
    const { pages } = JSON.parse(readFileSync(join(snapshot, 'manifest.json'), 'utf8')) as {
      pages: Record<string, { body: string }>
    }
    const body = pages['/robots.txt']!.body
    writeFileSync(join(snapshot, 'bodies', body.slice(0, 2), body), 'Disallow: nothing')
    await freeze('--use', first.version)
    assert.equal((await ask(shield.port, '/robots.txt')).status, 503)
    await until('it is logged', () => shield.logs('snapshot-broken').length > 0)
  })

  it('stays so over a restart', async () => {
    const { data } = shield
    await shield.stop()
    const config = { sites: [{ name: 'main', origins: [origin.url] }] }
    await origin.stop()
    await using other = await Shield.start({ config, data })
    assert.match((await ask(other.port, '/')).text, /old news/)
    assert.ok(readdirSync(join(data, 'snapshots', 'main')).every(name => !name.endsWith('.part')))
  })
})

describe('freeze without a shield', () => {
  it('takes the site itself, and serves it in a shield of its own with the origin off', async () => {
    const data = mkdtempSync(join(tmpdir(), 'freeze-alone-'))
    const origin = await Origin.start({ '/': { fields: HTML, body: 'all there is' } })
    const taken = new Child(program, ['freeze', origin.url, '--rate', '200', '--data', data], data)
    assert.equal(await taken.ended, 0, taken.stderr)
    assert.match(taken.stdout, /1 pages, 0 files/)
    await origin.stop()
    const listen = ['--listen', '127.0.0.1:0', '--admin', '127.0.0.1:0']
    const serving = new Child(program, ['freeze', '--serve', '--data', data, ...listen], data)
    const { listening } = (await serving.event('serving')) as unknown as { listening: string[] }
    const port = Number(listening[0]!.split(':').at(-1))
    assert.equal((await ask(port, '/')).text, 'all there is')
    serving.process.kill('SIGTERM')
    await serving.ended
    rmSync(data, { recursive: true })
  })

  it('says what is wrong where nothing answers, nothing is there, or nothing is asked for', async () => {
    const data = mkdtempSync(join(tmpdir(), 'freeze-none-'))
    const run = async (...args: string[]): Promise<string> => {
      const child = new Child(program, ['freeze', ...args, '--data', data], data)
      assert.notEqual(await child.ended, 0)
      return child.stderr
    }
    assert.match(await run('http://127.0.0.1:1/'), /Nothing could be taken/)
    assert.match(await run('--serve'), /No snapshot is in use/)
    assert.match(await run('--use', 'latest'), /take one with breakwater freeze/)
    assert.match(await run(), /Say what to freeze/)
    assert.match(await run('http://[bad', '--list'), /give one of them/)
    rmSync(data, { recursive: true })
  })
})
