// An error tells of the origin's hour and not of the page: it never takes the place of a page that is stored, and while the
// origin ails what may stand in does so at once.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Origin } from '../fixtures/origin.ts'
import type { Page } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { ask, crowd } from '../fixtures/visitor.ts'

describe('a good copy', { timeout: 60_000 }, () => {
  let origin: Origin
  let shield: Shield
  let ails = false
  const page = (cacheControl: string, error: Page) => (): Page =>
    ails ? error : { fields: { 'cache-control': cacheControl, etag: '"good"' }, body: 'good' }
  before(async () => {
    origin = await Origin.start({
      '/long': page('max-age=60', { status: 500, fields: { 'cache-control': 'max-age=60' }, body: 'bad' }),
      '/brief': page('max-age=1', { status: 503, fields: { 'cache-control': 'max-age=60' }, body: 'bad' }),
      '/refreshed': page('max-age=1, stale-while-revalidate=60', {
        ...{ status: 500, fields: { 'cache-control': 'max-age=60' } },
        body: 'bad',
      }),
      '/limited': page('max-age=60', { status: 429, fields: { 'retry-after': '1' }, body: 'too many' }),
      '/limited-for-long': page('max-age=60', { status: 429, fields: { 'cache-control': 'max-age=60' } }),
      '/cold': { status: 500, fields: { 'cache-control': 'max-age=60' }, body: 'bad' },
    })
    shield = await Shield.start({ origins: [origin.url] })
    ails = false
    for (const path of ['/long', '/brief', '/refreshed', '/limited', '/limited-for-long']) await ask(shield.port, path)
    ails = true
  })
  after(async () => {
    await shield[Symbol.asyncDispose]()
    await origin.stop()
  })

  const reload = { fields: { 'cache-control': 'no-cache' } }

  it('outlives an error with a lifetime of its own, whoever asked for it', async () => {
    const answer = await ask(shield.port, '/long', reload)
    // Whoever reloads wants the origin's own word, and has it.
    assert.equal(answer.text, 'bad')
    assert.equal(origin.of('/long').length, 2)
    assert.match((await ask(shield.port, '/long')).cache, /; hit;/)
  })

  it('past its lifetime, the error is shown where nothing allows a stale response, and is not kept', async () => {
    await sleep(1100)
    const [first, second] = [await ask(shield.port, '/brief'), await ask(shield.port, '/brief')]
    assert.deepEqual([first.status, second.status], [503, 503])
    assert.match(first.cache, /detail=good-copy-kept/)
    assert.equal(origin.of('/brief').length, 3)
    assert.equal(origin.of('/brief')[2]!.fields['if-none-match'], '"good"', 'the copy is still there to be asked about')
  })

  it('outlives a refresh in the background that brings an error', async () => {
    for (let i = 0; i < 3; i++) {
      const all = await crowd(shield.port, '/refreshed', 10)
      assert.deepEqual([...new Set(all.map(({ text }) => text))], ['good'])
      await sleep(300)
    }
    assert.ok(origin.of('/refreshed').length > 1, 'it was tried')
  })

  it('outlives a client that asked too often, with or without a lifetime for that', async () => {
    for (const path of ['/limited', '/limited-for-long']) {
      assert.equal((await ask(shield.port, path, reload)).status, 429, path)
      const after = await ask(shield.port, path)
      assert.equal(after.text, 'good', path)
      assert.match(after.cache, /; hit;/, path)
    }
  })

  it('is what an error may not replace; where nothing is stored, an error that says so is kept', async () => {
    const all = [await ask(shield.port, '/cold'), await ask(shield.port, '/cold')]
    assert.deepEqual(
      all.map(({ status }) => status),
      [500, 500],
    )
    assert.equal(origin.of('/cold').length, 1)
  })
})

describe('an origin that ails', { timeout: 60_000 }, () => {
  it('has what may stand in served at once, not after its time-out', async () => {
    let hangs = false
    await using origin = await Origin.start({
      '/page': () =>
        hangs
          ? { body: 'late', work: 20_000 }
          : { fields: { 'cache-control': 'max-age=1, stale-if-error=600' }, body: 'page' },
      '*': () => ({ status: 500, body: 'down' }),
    })
    await using shield = await Shield.start({ origins: [origin.url] })
    assert.equal((await ask(shield.port, '/page')).text, 'page')
    hangs = true
    await until('it is found to ail', async () => {
      await crowd(shield.port, '/errors', 20)
      return (await shield.stats()).origins.every(each => each.ailing)
    })
    await sleep(1100)
    const began = performance.now()
    const all = await crowd(shield.port, '/page', 30)
    assert.deepEqual([...new Set(all.map(({ text }) => text))], ['page'])
    assert.ok(performance.now() - began < 5000, 'nobody waited for the origin')
    assert.equal(origin.of('/page').length, 1)
  })
})
