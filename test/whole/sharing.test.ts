// One fetch for a crowd, and nobody gets what is another's: the cache through the whole program, over two edges.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Origin } from '../fixtures/origin.ts'
import type { Asked } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { ask, crowd } from '../fixtures/visitor.ts'

const VISITORS = 100
const WORK = 300

/** Whose cookie or token came with the request. */
const whose = ({ fields }: Asked): string => `for ${fields.cookie ?? fields.authorization ?? 'nobody'}`

describe('over two edges', { timeout: 60_000 }, () => {
  let origin: Origin
  let shield: Shield
  before(async () => {
    origin = await Origin.start({
      '/cold': { fields: { 'cache-control': 'max-age=60' }, body: 'one for all', work: WORK },
      '/brief-and-slow': { fields: { 'cache-control': 'max-age=1' }, body: 'slow', work: 1500 },
      '/brief': { fields: { 'cache-control': 'max-age=1' }, body: 'brief', work: WORK },
      '/tagged': ({ fields }) =>
        fields['if-none-match'] === '"t"'
          ? { status: 304, fields: { etag: '"t"', 'cache-control': 'max-age=1' }, work: WORK }
          : { fields: { etag: '"t"', 'cache-control': 'max-age=1' }, body: 'tagged' },
      '/login': asked => ({ fields: { 'set-cookie': `id=${asked.nth}` }, body: whose(asked), work: WORK }),
      '/no-store': asked => ({ fields: { 'cache-control': 'no-store' }, body: `${asked.nth}`, work: WORK }),
      '/welcome': { fields: { 'cache-control': 'public, max-age=60', 'set-cookie': 'id=1' }, body: 'hello' },
      '/account': asked => ({ fields: { 'cache-control': 'max-age=60' }, body: whose(asked), work: WORK }),
      '/mine': asked => ({ fields: { 'cache-control': 'private, max-age=60' }, body: whose(asked), work: WORK }),
      '/api': asked => ({ fields: { 'cache-control': 'max-age=60' }, body: whose(asked), work: WORK }),
      '/shared-api': asked => ({ fields: { 'cache-control': 'public, max-age=60' }, body: 'shared', work: asked.nth }),
      '/mixed': asked => ({ fields: { 'cache-control': 'max-age=60' }, body: whose(asked), work: WORK }),
      '/broken': (asked, response) => {
        if (asked.nth > 1) return { fields: { 'cache-control': 'max-age=60' }, body: 'whole' }
        response.writeHead(200, { 'cache-control': 'max-age=60', 'content-length': '1000' }).write('half')
        setTimeout(() => response.destroy(), WORK)
        return undefined
      },
      '/uneven': ({ nth }) => ({
        status: nth === 1 ? 500 : 200,
        fields: { 'cache-control': 'max-age=60' },
        body: 'up',
      }),
    })
    // What is seen here is who goes to the origin, not how many at once it bears.
    shield = await Shield.start({ config: { sites: [{ origins: [origin.url], origin: { concurrency: 64 } }] } })
  })
  after(async () => {
    await shield[Symbol.asyncDispose]()
    await origin.stop()
  })

  it(`${VISITORS} visitors at once at a cold page are one fetch, and the next one is a hit`, async context => {
    const all = await crowd(shield.port, '/cold', VISITORS)
    assert.deepEqual([...new Set(all.map(({ text }) => text))], ['one for all'])
    assert.equal(origin.of('/cold').length, 1)
    assert.match((await ask(shield.port, '/cold')).cache, /^breakwater; hit; ttl=\d+; detail=fresh$/)
    let collapsed = 0
    // They are summed up once a second; who came when the page was there already is a hit.
    await until('all are counted', async () => {
      const { counters, edges } = await shield.stats()
      const totals = counters as unknown as Record<string, { total: number }>
      collapsed = totals['collapsed']!.total
      context.diagnostic(`${collapsed} of them collapsed, over ${edges.length} edges`)
      return collapsed + totals['hit']!.total === VISITORS
    })
    assert.ok(collapsed > 0)
  })

  it('a page that takes longer than it is fresh is one fetch all the same', async () => {
    await crowd(shield.port, '/brief-and-slow', VISITORS)
    assert.ok(origin.of('/brief-and-slow').length <= 2, `${origin.of('/brief-and-slow').length} fetches`)
  })

  it('at the end of its lifetime it is one fetch again, be it for the whole or for a 304', async () => {
    for (const path of ['/brief', '/tagged']) {
      await ask(shield.port, path)
      await sleep(1100)
      const all = await crowd(shield.port, path, VISITORS)
      assert.deepEqual([...new Set(all.map(({ status, text }) => `${status} /${text}`))], [`200 ${path}`])
      assert.equal(origin.of(path).length, 2, path)
    }
    assert.equal(origin.of('/tagged')[1]!.fields['if-none-match'], '"t"')
  })

  it('an uncacheable page goes to each visitor by itself, never one after the other, and no cookie is set twice', async () => {
    for (const path of ['/login', '/no-store']) {
      const began = performance.now()
      const all = await crowd(shield.port, path, 40)
      const seconds = (performance.now() - began) / 1000
      assert.equal(origin.of(path).length, 40, path)
      // The first is found not storable after its head; then all others go at once.
      assert.ok(origin.most(path) >= 20, `${path}: ${origin.most(path)} at once`)
      assert.ok(seconds < (40 * WORK) / 1000 / 2, `${path}: ${seconds} s`)
      const own = all.map(({ fields, text }) => String(fields['set-cookie'] ?? text))
      assert.equal(new Set(own).size, 40, path)
    }
    // Known as such by now: the next ones do not wait for one another at all.
    const before = origin.of('/login').length
    await crowd(shield.port, '/login', 20)
    assert.equal(origin.of('/login').length, before + 20)
  })

  it('the cookie that came with a public page is set for the visitor whose request fetched it, and never again', async () => {
    const all = [await ask(shield.port, '/welcome'), ...(await crowd(shield.port, '/welcome', 20))]
    assert.equal(origin.of('/welcome').length, 1)
    assert.deepEqual(
      all.map(({ fields }) => fields['set-cookie']),
      [['id=1'], ...Array.from({ length: 20 }, () => undefined)],
    )
  })

  it('visitors with cookies or credentials at one page at once each get their own, and none of it is stored', async () => {
    for (const [path, name] of [
      ['/account', 'cookie'],
      ['/mine', 'cookie'],
      ['/api', 'authorization'],
    ] as const) {
      const all = await crowd(shield.port, path, 30, i => ({ fields: { [name]: `visitor=${i}` } }))
      assert.deepEqual(
        all.map(({ text }) => text),
        Array.from({ length: 30 }, (_, i) => `for visitor=${i}`),
      )
      assert.equal(origin.of(path).length, 30)
      assert.ok(origin.most(path) >= 15, `${path}: ${origin.most(path)} at once`)
      assert.equal((await ask(shield.port, path)).text, 'for nobody')
    }
  })

  it('visitors without cookies share a page while those with cookies get their own', async () => {
    const all = await crowd(shield.port, '/mixed', 40, i => (i % 2 === 0 ? {} : { fields: { cookie: `visitor=${i}` } }))
    assert.deepEqual([...new Set(all.filter((_, i) => i % 2 === 0).map(({ text }) => text))], ['for nobody'])
    assert.equal(origin.of('/mixed').filter(({ fields }) => fields.cookie === undefined).length, 1)
    // A cookie may be served what is stored for everyone; what it must not get is another cookie's.
    for (const [i, { text }] of all.entries())
      if (i % 2 === 1) assert.match(text, new RegExp(`^for (visitor=${i}|nobody)$`))
  })

  it('a page that is public in so many words is shared by those with credentials', async () => {
    const all = await crowd(shield.port, '/shared-api', 30, i => ({ fields: { authorization: `visitor=${i}` } }))
    assert.deepEqual([...new Set(all.map(({ text }) => text))], ['shared'])
    assert.equal(origin.of('/shared-api').length, 1)
  })

  it('an answer that breaks off is broken off for all who had a part of it, and whoever asks again gets a whole one', async () => {
    const all = await Promise.allSettled(Array.from({ length: 20 }, () => ask(shield.port, '/broken')))
    const good = all.filter(each => each.status === 'fulfilled').map(each => each.value.text)
    assert.ok(good.length < 20)
    assert.ok(good.every(text => text === 'whole'))
    assert.equal((await ask(shield.port, '/broken')).text, 'whole')
    assert.equal(origin.of('/broken').length, 2)
  })

  it('an error that says nothing of storing is nobody else’s for long', async () => {
    const first = await ask(shield.port, '/uneven')
    assert.equal(first.status, 500)
    assert.ok((await ask(shield.port, '/uneven')).status === 500 || origin.of('/uneven').length === 2)
  })
})
