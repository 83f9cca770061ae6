// Spike rules with the whole program: two visitors, one of them logged in, before an origin that makes every page for the
// one who asks and marks it with their name.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import { Origin } from '../fixtures/origin.ts'
import type { Asked } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { HOST, ask, crowd } from '../fixtures/visitor.ts'

const ANNA = { fields: { cookie: 'session=anna' } }
/** A visitor's own fields, of which the origin must not hear for the copy. */
const TALKATIVE = {
  'user-agent': 'visitor/1',
  'accept-language': 'de',
  referer: 'http://elsewhere.test/',
  'x-own': 'mine',
}

const HTML = { 'content-type': 'text/html' }

/** Whose page it is: the cookie's, and whatever else the visitor said. */
const personal = ({ fields, nth }: Asked) => ({
  fields: {
    'cache-control': 'private, no-store',
    'set-cookie': `session=new-${nth}; HttpOnly`,
    vary: 'Cookie',
    etag: '"same"',
  },
  body: `Hello ${fields.cookie ?? 'stranger'}, ${fields['user-agent']}, ${String(fields['x-own'])}`,
})

describe('spike rules', { timeout: 60_000 }, () => {
  let origin: Origin
  let shield: Shield

  before(async () => {
    origin = await Origin.start({
      '*': personal,
      '/spoken': ({ fields }) => ({ fields: { vary: 'accept-language' }, body: `in ${fields['accept-language']}` }),
      '/slow': asked => ({ ...personal(asked), work: 300 }),
      '/everyone': personal,
      '/bypassed': personal,
      '/numbered': ({ nth }) => ({ fields: HTML, body: `<p>You are visitor ${nth}` }),
      '/half': ({ nth }) => (nth === 2 ? { status: 503, body: 'ill' } : { body: 'well' }),
      '/served': ({ nth }) => ({ fields: HTML, body: `<!-- ${nth} --><p>News</p><p id=served>${nth}</p>` }),
      '/failing': ({ nth }) => (nth <= 2 ? { body: 'well' } : { status: 500, body: 'ill' }),
    })
    const rules = [
      { match: { path: '/**' }, spike: { cache: { anonymous: true, for: '2s' as const } } },
      { match: { path: '/everyone' }, spike: { cache: { seenBy: 'everyone' as const } } },
      { match: { path: '/served' }, spike: { cache: { omit: '#served', for: '1s' as const } } },
      { match: { path: '/bypassed' }, cache: { bypass: true } },
      { match: { path: '/slow' }, spike: { cache: { for: '1h' as const } } },
    ]
    // How many a slow page's origin bears at once is not what this is about.
    const site = { name: 'main', hosts: [HOST], origins: [origin.url], origin: { concurrency: 16 }, rules }
    shield = await Shield.start({ config: { sites: [site] } })
  })
  after(() => shield[Symbol.asyncDispose]())
  after(() => origin.stop())

  const command = (path: string, body: object): Promise<Response> =>
    shield.admit(path, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${readFileSync(`${shield.data}/admin-token`, 'utf8').trim()}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify(body),
    })

  const go = async (mode: string): Promise<void> => assert.equal((await command('/api/mode', { mode })).status, 200)

  it('store nothing in normal mode', async () => {
    await ask(shield.port, '/news')
    await ask(shield.port, '/news')
    assert.equal(origin.of('/news').length, 2)
  })

  it('ask the origin for all strangers together, with nothing of any of them', async () => {
    await go('spike')
    const all = await crowd(shield.port, '/slow', 30, () => ({ fields: TALKATIVE }))
    assert.equal(origin.of('/slow').length, 2, 'and once more for the proof')
    assert.equal(origin.most('/slow'), 1)
    for (const { text, fields, status } of all) {
      assert.equal(status, 200)
      assert.match(text, /^Hello stranger, Mozilla\/5.0 \(compatible; Breakwater\), undefined$/)
      assert.equal(fields['set-cookie'], undefined)
      assert.equal(fields['cache-control'], 'private, no-cache')
    }
    const { fields } = origin.of('/slow')[0]!
    assert.equal(fields['x-forwarded-for'], '192.0.2.1')
    assert.match(String(fields['forwarded']), /^for=192\.0\.2\.1;/)
    assert.equal(fields['breakwater-mode'], 'spike')
    for (const name of ['cookie', 'authorization', 'accept-language', 'referer', 'x-own', 'accept-encoding'])
      assert.equal(fields[name], undefined, name)
  })

  it('answer strangers from the fast lane, with the validators that browsers send', async () => {
    const before = (await shield.stats()).counters['fastLane']!.total!
    await crowd(shield.port, '/slow', 10)
    const same = await ask(shield.port, '/slow', { fields: { 'if-none-match': '"same"' } })
    assert.equal(same.status, 304)
    const head = await ask(shield.port, '/slow', { method: 'HEAD' })
    assert.deepEqual([head.status, head.text], [200, ''])
    const reloaded = await ask(shield.port, '/slow', {
      fields: { 'cache-control': 'no-cache', 'if-none-match': '"same"' },
    })
    assert.equal(reloaded.status, 304)
    assert.equal(origin.of('/slow').length, 2)
    await until('the fast lane has answered all but one', async () => {
      return (await shield.stats()).counters['fastLane']!.total! >= before + 12
    })
  })

  it('show one who is logged in their own page, and nobody else that page', async () => {
    for (let i = 0; i < 12; i++) {
      const [anna, stranger] = await Promise.all([ask(shield.port, '/news', ANNA), ask(shield.port, '/news')])
      assert.match(anna.text, /^Hello session=anna/)
      assert.equal(anna.fields['set-cookie']?.length, 1)
      assert.match(stranger.text, /^Hello stranger/)
      assert.equal(stranger.fields['set-cookie'], undefined)
    }
    const auth = await ask(shield.port, '/news', { fields: { authorization: 'Basic YTpi', 'x-own': 'mine' } })
    assert.match(auth.text, /mine$/)
  })

  it('show the copy to everyone where a rule says so', async () => {
    const before = origin.of('/everyone').length
    const all = await crowd(shield.port, '/everyone', 8, i => (i % 2 === 0 ? ANNA : {}))
    for (const { text } of all) assert.match(text, /^Hello stranger/)
    assert.equal(origin.of('/everyone').length, before + 2)
  })

  it('leave logins, secrets in addresses, form posts, bypassed pages and unknown variants to the origin', async () => {
    for (const path of ['/login', '/news?token=1', '/bypassed']) {
      const own = { fields: { 'x-own': 'mine' } }
      await ask(shield.port, path, own)
      assert.match((await ask(shield.port, path, own)).text, /mine$/, path)
    }
    const posted = await ask(shield.port, '/news', { method: 'POST', body: 'a=1', fields: { 'x-own': 'mine' } })
    assert.match(posted.text, /mine$/)
    const german = { fields: { 'accept-language': 'de' } }
    assert.equal((await ask(shield.port, '/spoken', german)).text, 'in de')
    assert.equal((await ask(shield.port, '/spoken', { fields: { 'accept-language': 'fr' } })).text, 'in fr')
    assert.equal((await ask(shield.port, '/spoken', german)).text, 'in de')
  })

  it('show nobody a page that is another one at each fetch, and say so', async () => {
    const first = await ask(shield.port, '/numbered')
    assert.equal(origin.of('/numbered').length, 3, 'two fetches for the proof, and one for the visitor')
    assert.match(first.text, /visitor 3/)
    const next = await ask(shield.port, '/numbered', { fields: TALKATIVE })
    assert.match(next.text, /visitor 4/)
    assert.equal(origin.of('/numbered').at(-1)!.fields['x-own'], 'mine')
    assert.match(first.cache, /detail=copy-differs/)
    assert.equal(next.fields['breakwater-copy'], undefined)
  })

  it('do not serve what could not be proven, and try again', async () => {
    const first = await ask(shield.port, '/half')
    assert.deepEqual([first.text, first.cache.includes('detail=copy-unproven')], ['well', true])
    await ask(shield.port, '/half')
    assert.equal(origin.of('/half').length, 4)
    const third = await ask(shield.port, '/half')
    assert.match(String(third.fields['breakwater-copy']), /^armed; at=\d+$/)
    assert.equal(origin.of('/half').length, 4)
  })

  it('prove a page without the parts that a rule leaves out, and not again with each fetch', async () => {
    for (const { text, fields } of await crowd(shield.port, '/served', 3)) {
      assert.match(text, /^<!-- [12] --><p>News<\/p>$/)
      assert.match(String(fields.etag), /^"breakwater-/)
    }
    assert.equal(origin.of('/served').length, 2)
    await new Promise(resolve => setTimeout(resolve, 1200))
    await ask(shield.port, '/served')
    await until('it is fetched anew', () => origin.of('/served').length === 3)
    await ask(shield.port, '/served')
    assert.equal(origin.of('/served').length, 3)
    const { copiesProven, copiesRefused } = (await shield.stats()).counters as unknown as Record<
      string,
      { total: number }
    >
    assert.ok(copiesProven!.total >= 3 && copiesRefused!.total >= 1)
  })

  it('are answered anew after a purge of the page, which takes the copy too', async () => {
    const before = origin.of('/slow').length
    const purged = await command('/api/purge', { urls: [`http://${HOST}/slow`], hard: true })
    assert.equal(purged.status, 200, await purged.text())
    await ask(shield.port, '/slow')
    assert.equal(origin.of('/slow').length, before + 2)
  })

  it('fetch the copy anew when its time is over, and keep it when the origin then fails', async () => {
    assert.equal((await ask(shield.port, '/failing')).text, 'well')
    await new Promise(resolve => setTimeout(resolve, 2300))
    for (let i = 0; i < 5; i++) assert.equal((await ask(shield.port, '/failing')).text, 'well')
    await until('it is asked for again', () => origin.of('/failing').length >= 3)
    assert.equal((await ask(shield.port, '/failing')).text, 'well')
  })

  it('are over at once with the mode', async () => {
    assert.match((await ask(shield.port, '/slow', { fields: TALKATIVE })).text, /stranger.*undefined$/)
    await go('normal')
    const all = await crowd(shield.port, '/slow', 8, () => ({ fields: TALKATIVE }))
    for (const { text } of all) assert.match(text, /visitor\/1, mine$/)
  })
})
