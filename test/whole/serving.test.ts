// What a stored response answers, and what it does not: variants, validation, HEAD, ranges, the client's directives, rules.
// Each story runs in the fast lane where that serves it, and in the slow one where a field sends it there.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Origin, bytesFor } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { HOST, ask, crowd } from '../fixtures/visitor.ts'
import type { Came, Wishes } from '../fixtures/visitor.ts'

const LARGE = bytesFor('large', 300_000)
const fresh = { 'cache-control': 'max-age=60' }
/** Harmless in itself; a request that has it goes through the slow lane. */
const SLOW = { 'content-type': 'text/plain' }

const rules = [
  { match: { path: '/never' }, cache: { bypass: true } },
  { match: { path: '/ruled' }, cache: { lifetime: '60s', ignoredQuery: ['utm_*'] } },
  { match: { path: '/**' }, responseHeaders: { set: { 'X-Shield': 'up' }, remove: ['X-Powered-By'] } },
  { match: { path: '/cookies' }, cache: { ignoredCookies: ['_ga*'] } },
]

describe('a stored response', { timeout: 60_000 }, () => {
  let origin: Origin
  let shield: Shield
  const get = (path: string, wishes?: Wishes): Promise<Came> => ask(shield.port, path, wishes)
  /** What is stored, found by every edge: a visitor has the last byte a moment before the store has it. */
  const stored = async (path: string): Promise<Came> => {
    await get(path)
    return get(path)
  }
  const asked = (path: string): number => origin.of(path).length

  before(async () => {
    let version = 1
    origin = await Origin.start({
      '/varied': ({ fields }) => ({
        fields: { ...fresh, vary: 'Accept-Language' },
        body: `in ${fields['accept-language'] ?? 'any'}`,
        work: 50,
      }),
      '/changing': ({ fields, method }) => {
        if (method === 'POST') version++
        const etag = `"v${version}"`
        if (fields['if-none-match'] === etag) return { status: 304, fields: { etag, 'cache-control': 'max-age=1' } }
        return { fields: { etag, 'cache-control': 'max-age=1' }, body: `version ${version}` }
      },
      '/posted': ({ nth }) => ({ fields: fresh, body: `state ${nth}` }),
      '/large': { fields: { ...fresh, etag: '"l"', 'last-modified': 'Mon, 02 Jan 2023 03:04:05 GMT' }, body: LARGE },
      '/small': { fields: { ...fresh, etag: '"s"', 'content-type': 'text/plain' }, body: '0123456789' },
      '/never': ({ nth }) => ({ fields: fresh, body: String(nth) }),
      '/ruled': ({ target }) => ({ body: target }),
      '/powered': { fields: { ...fresh, 'x-powered-by': 'steam' }, body: 'fast' },
      '/cookies': ({ nth }) => ({ fields: fresh, body: String(nth) }),
      '/gone': { status: 404, fields: fresh, body: 'nothing here' },
      '/moved': { status: 301, fields: { ...fresh, location: '/small' } },
    })
    shield = await Shield.start({ config: { sites: [{ origins: [origin.url], rules }] } })
  })
  after(async () => {
    await shield[Symbol.asyncDispose]()
    await origin.stop()
  })

  it('answers only requests that agree in what it varies by, one fetch for each variant', async () => {
    const languages = ['de', 'fr', 'en']
    const wishes = (i: number): Wishes => ({ fields: { 'accept-language': languages[i % 3]! } })
    for (let round = 0; round < 2; round++) {
      const all = await crowd(shield.port, '/varied', 30, wishes)
      for (const [i, { text }] of all.entries()) assert.equal(text, `in ${languages[i % 3]}`)
    }
    // At first nobody knows that it varies: who waited for another's variant then fetches its own, once for each variant.
    assert.ok(asked('/varied') <= 5, `${asked('/varied')} fetches for three variants`)
    const hit = await get('/varied', { fields: { 'accept-language': 'fr' } })
    assert.match(hit.cache, /hit/)
    assert.equal(hit.text, 'in fr')
  })

  it('is confirmed by a 304 from the origin and goes on serving, with a new lifetime', async () => {
    assert.equal((await get('/changing')).text, 'version 1')
    await sleep(1100)
    const confirmed = await get('/changing')
    assert.equal(confirmed.status, 200)
    assert.equal(confirmed.text, 'version 1')
    assert.match(confirmed.cache, /fwd=stale; fwd-status=304/)
    assert.match((await get('/changing')).cache, /hit/)
    assert.deepEqual(
      origin.of('/changing').map(({ fields }) => fields['if-none-match']),
      [undefined, '"v1"'],
    )
  })

  it('is void on every edge once a POST went well', async () => {
    assert.equal((await get('/posted')).text, 'state 1')
    await crowd(shield.port, '/posted', 20)
    assert.equal(asked('/posted'), 1)
    assert.equal((await get('/posted', { method: 'POST', body: 'news' })).text, 'state 2')
    const all = await crowd(shield.port, '/posted', 40)
    assert.deepEqual([...new Set(all.map(({ text }) => text))], ['state 3'])
    assert.equal(asked('/posted'), 3)
  })

  for (const lane of ['fast', 'slow'] as const) {
    const extra: Record<string, string> = lane === 'fast' ? {} : SLOW
    it(`answers HEAD and the client's preconditions (${lane} lane)`, async () => {
      for (const path of ['/small', '/large']) {
        const whole = await stored(path)
        const head = await get(path, { method: 'HEAD', fields: extra })
        assert.equal(head.status, 200)
        assert.match(head.cache, /hit/)
        assert.equal(head.body.length, 0)
        assert.equal(head.fields['content-length'], String(whole.body.length))
        const same = await get(path, { fields: { ...extra, 'if-none-match': `W/"x", ${whole.fields.etag}` } })
        assert.equal(same.status, 304)
        assert.equal(same.fields.etag, whole.fields.etag)
        assert.equal(same.fields['content-length'], undefined)
        assert.equal((await get(path, { fields: { ...extra, 'if-none-match': '"other"' } })).status, 200)
        assert.equal(asked(path), 1)
      }
      const since = { 'if-modified-since': 'Tue, 03 Jan 2023 00:00:00 GMT' }
      assert.equal((await get('/large', { fields: { ...extra, ...since } })).status, 304)
    })

    it(`carries Age, Date and one Cache-Status (${lane} lane)`, async () => {
      await stored('/small')
      const hit = await get('/small', { fields: extra })
      assert.match(String(hit.fields.age), /^\d+$/)
      assert.ok(Date.parse(hit.fields.date!) > 0)
      assert.match(hit.cache, /^breakwater; hit; ttl=\d+; detail=fresh$/)
      assert.equal(hit.text, '0123456789')
    })

    it(`has the fields that rules set, and not those that they remove (${lane} lane)`, async () => {
      for (let i = 0; i < 2; i++) {
        const { fields } = await get('/powered', { fields: extra })
        assert.equal(fields['x-shield'], 'up')
        assert.equal(fields['x-powered-by'], undefined)
      }
      assert.equal(asked('/powered'), 1)
    })
  }

  it('gives the part that a Range asks for, and the whole where If-Range does not match', async () => {
    await stored('/large')
    const part = await get('/large', { fields: { range: 'bytes=1000-200999' } })
    assert.equal(part.status, 206)
    assert.equal(part.fields['content-range'], 'bytes 1000-200999/300000')
    assert.ok(part.body.equals(LARGE.subarray(1000, 201_000)))
    const last = await get('/large', { fields: { range: 'bytes=-10', 'if-range': '"l"' } })
    assert.ok(last.status === 206 && last.body.equals(LARGE.subarray(-10)))
    const whole = await get('/large', { fields: { range: 'bytes=-10', 'if-range': '"other"' } })
    assert.ok(whole.status === 200 && whole.body.equals(LARGE))
    const beyond = await get('/large', { fields: { range: 'bytes=300000-' } })
    assert.equal(beyond.status, 416)
    assert.equal(beyond.fields['content-range'], 'bytes */300000')
    assert.equal(asked('/large'), 1)
  })

  it('is all there is for who wants nothing but a stored one', async () => {
    const only = { fields: { 'cache-control': 'only-if-cached' } }
    await stored('/small')
    assert.equal((await get('/small', only)).status, 200)
    assert.equal((await get('/unknown', only)).status, 504)
    assert.equal(asked('/unknown'), 0)
  })

  it('does not answer a reload, which asks the origin', async () => {
    await stored('/small')
    const before = asked('/small')
    assert.match((await get('/small', { fields: { 'cache-control': 'no-cache' } })).cache, /fwd=/)
    assert.match((await get('/small', { fields: { pragma: 'no-cache' } })).cache, /fwd=/)
    assert.equal(asked('/small'), before + 2)
  })

  it('is not used where a rule bypasses the cache', async () => {
    assert.deepEqual([(await get('/never')).text, (await get('/never')).text], ['1', '2'])
  })

  it('lives as long as a rule says, whatever parameters that make no difference are asked with', async () => {
    const first = await get('/ruled?page=1&utm_source=tv')
    assert.equal(first.text, '/ruled?page=1')
    for (const target of ['/ruled?page=1', '/ruled?utm_medium=x&page=1', '/ruled?page=1&utm_source=tv']) {
      const again = await get(target)
      assert.equal(again.text, '/ruled?page=1')
      assert.match(again.cache, /hit/)
    }
    assert.equal((await get('/ruled?page=2')).text, '/ruled?page=2')
    assert.equal(asked('/ruled'), 2)
  })

  it('is shared by visitors whose cookies a rule calls harmless', async () => {
    for (const cookie of ['_ga=1', '_ga=2; _gat=3'])
      assert.equal((await get('/cookies', { fields: { cookie } })).text, '1')
    assert.equal(asked('/cookies'), 1)
  })

  it('may be an error or a redirect', async () => {
    for (const [path, status] of [
      ['/gone', 404],
      ['/moved', 301],
    ] as const) {
      for (let i = 0; i < 2; i++) assert.equal((await get(path)).status, status)
      assert.equal(asked(path), 1)
    }
    assert.equal((await get('/moved')).fields.location, '/small')
  })

  it('is another one for another host', async () => {
    const before = asked('/small')
    await get('/small', { fields: { host: `other.${HOST}` } })
    assert.equal(asked('/small'), before + 1)
  })
})
