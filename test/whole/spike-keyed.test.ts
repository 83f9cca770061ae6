// Spike rules where rules key by cookies and header fields: a copy for each value, asked for with that value and nothing else
// of whoever sent it; and none where the value is one person's.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import { Origin } from '../fixtures/origin.ts'
import type { Asked } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { HOST, ask, crowd } from '../fixtures/visitor.ts'

const HTML = { 'content-type': 'text/html', 'cache-control': 'private, no-store', vary: 'Cookie' }

/** All that the origin was told by which it could tell visitors apart. */
const shop = ({ fields }: Asked) => ({
  fields: { ...HTML, 'set-cookie': 'session=new; HttpOnly' },
  body: `<p>Prices for ${fields.cookie ?? 'nobody'}, ${String(fields['x-country'])}, ${fields['user-agent']}`,
})

const NOBODY = 'Mozilla/5.0 (compatible; Breakwater)'
/** What two visitors of a value have in common, and what not. */
const visitorWith = (cookie: string, i: number) => ({
  fields: { cookie: `_ga=1.${i}; ${cookie}`, 'user-agent': `visitor/${i}`, 'accept-language': 'de', 'x-own': `${i}` },
})

describe('spike rules and what rules key by', { timeout: 60_000 }, () => {
  let origin: Origin
  let shield: Shield

  before(async () => {
    origin = await Origin.start({
      '*': shop,
      '/country': ({ fields }) => ({
        fields: { 'content-type': 'text/html', vary: 'X-Country' },
        body: `<p>News of ${String(fields['x-country'])}`,
      }),
    })
    const spike = { cache: { anonymous: true, for: '1h' as const } }
    const rules = [
      { match: { path: '/**' }, cache: { ignoredCookies: ['_ga*'], keyedCookies: ['currency'] }, spike },
      { match: { path: '/country' }, cache: { keyedHeaders: ['X-Country'] } },
      {
        match: { path: '/members' },
        cache: { keyedCookies: ['currency', 'sid'], sessionCookies: ['sid'] },
        spike: { cache: { seenBy: 'everyone' as const } },
      },
      { match: { path: '/cookies' }, cache: { keyedHeaders: ['Cookie'] } },
      { match: { path: '/moved' }, cache: { keyedHeaders: ['X-Original-URL'] } },
      { match: { path: '/german', header: { 'x-lang': 'de' } }, cache: { tags: ['german'] } },
    ]
    const site = { name: 'main', hosts: [HOST], origins: [origin.url], mode: 'spike' as const, rules }
    shield = await Shield.start({ config: { sites: [site] } })
  })
  after(() => shield[Symbol.asyncDispose]())
  after(() => origin.stop())

  it('keep a copy for each value of a cookie, for all who have it, and ask the origin with that value alone', async () => {
    const values = ['currency=EUR', 'currency=USD', '']
    const all = await crowd(shield.port, '/shop', 30, i => visitorWith(values[i % 3]!, i))
    for (const [i, { text, fields }] of all.entries()) {
      assert.equal(text, `<p>Prices for ${values[i % 3] || 'nobody'}, undefined, ${NOBODY}`)
      assert.equal(fields['set-cookie'], undefined)
      assert.match(String(fields['breakwater-copy']), /^armed;/)
    }
    assert.equal(origin.of('/shop').length, 6, 'each value twice, the second time for the proof')
    for (const { fields } of origin.of('/shop')) {
      assert.equal(fields['x-forwarded-for'], '192.0.2.1')
      for (const name of ['accept-language', 'x-own']) assert.equal(fields[name], undefined, name)
    }
  })

  it('answer them from the fast lane, each with the copy of their value', async () => {
    const before = (await shield.stats()).counters['fastLane']!.total!
    for (const value of ['EUR', 'USD', 'EUR'])
      assert.match((await ask(shield.port, '/shop', visitorWith(`currency=${value}`, 1))).text, new RegExp(value))
    await until('the fast lane has answered them', async () => {
      return (await shield.stats()).counters['fastLane']!.total! >= before + 3
    })
    assert.equal(origin.of('/shop').length, 6)
  })

  it('show who has a session beside it their own page', async () => {
    const { text } = await ask(shield.port, '/shop', visitorWith('currency=EUR; session=anna', 1))
    assert.match(text, /session=anna/)
    assert.match((await ask(shield.port, '/shop', visitorWith('currency=EUR', 2))).text, /for currency=EUR, /)
  })

  it('share by a field that rules key by, also where the origin names it in Vary', async () => {
    for (const country of ['AT', 'CH', 'AT', 'CH']) {
      const { text } = await ask(shield.port, '/country', { fields: { 'x-country': country, 'x-own': 'mine' } })
      assert.equal(text, `<p>News of ${country}`)
    }
    assert.equal((await ask(shield.port, '/country')).text, '<p>News of undefined')
    assert.equal(origin.of('/country').length, 6)
  })

  it('tell requests apart that other rules are for', async () => {
    for (let i = 0; i < 4; i++)
      await ask(shield.port, '/german', { fields: { ...(i % 2 === 0 && { 'x-lang': 'de' }), cookie: 'currency=EUR' } })
    assert.equal(origin.of('/german').length, 4)
    for (const { fields } of origin.of('/german'))
      assert.deepEqual([fields.cookie, fields['x-lang']], ['currency=EUR', undefined])
  })

  it('ask for no copy with a session, with all cookies, or for another address that is one person’s', async () => {
    const wishes = [
      ['/members', { cookie: 'sid=anna; currency=EUR' }, /for sid=anna; currency=EUR, /],
      ['/cookies', { cookie: 'currency=EUR' }, /for currency=EUR, undefined, visitor/],
      ['/moved', { 'x-original-url': '/account/orders' }, /nobody, undefined, visitor/],
    ] as const
    for (const [path, fields, own] of wishes) {
      for (let i = 0; i < 2; i++) {
        const came = await ask(shield.port, path, { fields: { 'user-agent': 'visitor/1', ...fields } })
        assert.match(came.text, own, path)
        assert.equal(came.fields['breakwater-copy'], undefined, path)
      }
    }
    const stranger = await ask(shield.port, '/members', { fields: { cookie: 'currency=EUR; other=1' } })
    assert.equal(stranger.text, `<p>Prices for currency=EUR, undefined, ${NOBODY}`)
    assert.match((await ask(shield.port, '/moved', { fields: { 'x-original-url': '/news' } })).text, /Breakwater/)
    assert.equal(origin.of('/moved').at(-1)!.fields['x-original-url'], '/news')
  })

  it('lose every value with a purge of the page', async () => {
    const purged = await shield.admit('/api/purge', {
      method: 'POST',
      headers: {
        authorization: `Bearer ${readFileSync(`${shield.data}/admin-token`, 'utf8').trim()}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ urls: [`http://${HOST}/shop`], hard: true }),
    })
    assert.equal(purged.status, 200, await purged.text())
    for (const value of ['EUR', 'USD']) await ask(shield.port, '/shop', visitorWith(`currency=${value}`, 1))
    assert.equal(origin.of('/shop').length, 6 + 1 + 4)
  })
})
