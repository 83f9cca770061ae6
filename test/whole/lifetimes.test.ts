// How long things hold, in the whole program with its clock in the test's hands: what rules say of a lifetime, here, for a CDN in front and
// for browsers, in each mode; and for how long a page that was one visitor's alone is not shared.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Hands } from '../fixtures/hands.ts'
import { Origin } from '../fixtures/origin.ts'
import type { Asked, Page } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { HOST, ask } from '../fixtures/visitor.ts'

const MINUTE = 60

describe('for how long', { timeout: 120_000 }, () => {
  const hands = new Hands()
  let origin: Origin
  let shield: Shield

  const saying = (control: string) => (): Page => ({
    fields: { date: hands.date, ...(control !== '' && { 'cache-control': control }), 'content-type': 'text/html' },
    body: 'page',
  })
  const held: Record<string, PromiseWithResolvers<void>> = {
    '/once/a': Promise.withResolvers<void>(),
    '/once/b': Promise.withResolvers<void>(),
  }
  /** At first for one visitor alone; from then on it may be shared, once the test lets it go. */
  const once = async ({ nth, path }: Asked): Promise<Page> => {
    if (nth > 1) await held[path]!.promise
    return saying(nth === 1 ? 'no-store' : 'max-age=600')()
  }

  before(async () => {
    origin = await Origin.start({
      '/floor/short': saying('max-age=1'),
      '/floor/long': saying('max-age=1200'),
      '/floor/none': saying('no-store'),
      '/ceiling/long': saying('max-age=86400'),
      '/ceiling/short': saying('max-age=30'),
      '/own/long': saying('max-age=86400'),
      '/own/nothing': saying(''),
      '/told': saying('public, max-age=30'),
      '/told/browser': saying('public, max-age=30'),
      '/once/a': once,
      '/once/b': once,
    })
    const rules = [
      { match: { path: '/floor/**' }, cache: { lifetimeFloor: '10 min' as const } },
      { match: { path: '/ceiling/**' }, cache: { lifetimeCeiling: '1 min' as const } },
      { match: { path: '/own/**' }, cache: { lifetime: { normal: '1 min' as const, spike: '10 min' as const } } },
      {
        match: { path: '/told' },
        cache: {
          lifetime: '10 min' as const,
          browserLifetime: { normal: '5s' as const, spike: '2 min' as const },
          cdnLifetime: { normal: '1 min' as const, spike: '5 min' as const },
        },
      },
      { match: { path: '/told/browser' }, cache: { browserLifetime: '0s' as const } },
    ]
    const site = { name: 'main', hosts: [HOST], origins: [origin.url], rules, origin: { concurrency: 24 } }
    shield = await Shield.start({ config: { sites: [site] }, env: hands.env })
  })
  after(() => shield[Symbol.asyncDispose]())
  after(() => origin.stop())
  after(() => hands.drop())

  const isHit = async (path: string): Promise<boolean> =>
    (await ask(shield.port, path)).cache.startsWith('breakwater; hit')
  /** Whether each of these is answered from the store. */
  const hits = (paths: readonly string[]): Promise<boolean[]> => Promise.all(paths.map(isHit))
  /** Asked for and stored: on a busy machine the answer may be there before the others can find it. */
  const store = (paths: readonly string[]): Promise<void> =>
    until(`${paths.join()} stored`, async () => (await hits(paths)).every(Boolean))
  const go = async (mode: string): Promise<void> => {
    const headers = {
      authorization: `Bearer ${readFileSync(`${shield.data}/admin-token`, 'utf8').trim()}`,
      'content-type': 'application/json',
    }
    const answer = await shield.admit('/api/mode', { method: 'POST', headers, body: JSON.stringify({ mode }) })
    assert.equal(answer.status, 200, await answer.text())
  }

  it('a floor keeps what would be over sooner, a ceiling lets nothing live longer, and neither makes private public', async () => {
    const paths = ['/floor/short', '/floor/long', '/floor/none', '/ceiling/long', '/ceiling/short']
    await store(paths.filter(path => path !== '/floor/none'))
    await hands.advance(20)
    assert.deepEqual(await hits(paths), [true, true, false, true, true])
    await hands.advance(20)
    assert.deepEqual(await hits(['/floor/short', '/ceiling/long', '/ceiling/short']), [true, true, false])
    await hands.advance(30)
    assert.deepEqual(await hits(['/floor/short', '/ceiling/long']), [true, false])
    await hands.advance(10 * MINUTE)
    assert.deepEqual(await hits(['/floor/short', '/floor/long']), [false, true])
  })

  it('a lifetime of the rule’s own takes the place of the origin’s, and is another in each mode', async () => {
    const paths = ['/own/long', '/own/nothing']
    await store(paths)
    await hands.advance(50)
    assert.deepEqual(await hits(paths), [true, true])
    await hands.advance(20)
    assert.deepEqual(await hits(paths), [false, false])
    await go('spike')
    await hands.advance(2 * MINUTE)
    await store(paths)
    await hands.advance(5 * MINUTE)
    assert.deepEqual(await hits(paths), [true, true], 'stored in a spike')
    await hands.advance(6 * MINUTE)
    assert.deepEqual(await hits(paths), [false, false])
    await go('normal')
  })

  it('a CDN in front and browsers are told times of their own, which are not how long it is stored here', async () => {
    const toldNow = async (): Promise<[string, string]> => {
      const { fields } = await ask(shield.port, '/told')
      const age = Number(fields.age ?? 0)
      const left = (text: unknown): string => String(Number(/max-age=(\d+)/.exec(String(text))![1]) - age)
      return [left(fields['cache-control']), left(fields['cdn-cache-control'])]
    }
    assert.deepEqual(await toldNow(), ['5', '60'])
    await store(['/told'])
    const fetches = origin.of('/told').length
    await hands.advance(2 * MINUTE)
    assert.deepEqual(await toldNow(), ['5', '60'])
    assert.ok(await isHit('/told'))
    assert.equal(origin.of('/told').length, fetches)
    await go('spike')
    assert.deepEqual(await toldNow(), ['120', '300'])
    await go('normal')
    const { fields } = await ask(shield.port, '/told/browser')
    assert.deepEqual([fields['cache-control'], fields['cdn-cache-control']], ['no-cache', undefined])
    await store(['/told/browser'])
  })

  it('a page that was one visitor’s alone is not shared for two minutes, and then is one fetch again', async () => {
    for (const path of ['/once/a', '/once/b']) await ask(shield.port, path)
    // By then core has noted both.
    await sleep(1000)
    await hands.advance(2 * MINUTE - 10)
    const [first, second] = [ask(shield.port, '/once/a'), ask(shield.port, '/once/a')]
    await until('both are at the origin', () => origin.of('/once/a').length === 3)
    held['/once/a']!.resolve()
    await Promise.all([first, second])
    await hands.advance(15)
    const one = ask(shield.port, '/once/b')
    await until('one is at the origin', () => origin.of('/once/b').length === 2)
    const other = ask(shield.port, '/once/b')
    // Longer than the other needs to get there, were it not to wait.
    await sleep(500)
    held['/once/b']!.resolve()
    await Promise.all([one, other])
    assert.equal(origin.of('/once/b').length, 2)
  })
})
