// What defeats the cache on real traffic is told, ranked, with its mend.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Origin } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import type { BlockerLedger } from '../../src/watch/blocker-sums.ts'

const HTML = { 'content-type': 'text/html; charset=utf-8' }
let origin: Origin
let shield: Shield

before(async () => {
  origin = await Origin.start({
    '/shop': { fields: { ...HTML, 'cache-control': 'max-age=60', 'set-cookie': 'PHPSESSID=1; Path=/' }, body: 'x' },
    '/mine': { fields: { ...HTML, 'cache-control': 'private' }, body: 'x' },
    '/open': { fields: { ...HTML, 'cache-control': 'max-age=60' }, body: 'x' },
    '/live': { fields: { ...HTML, 'cache-control': 'max-age=60' }, body: 'x' },
    '/data': { fields: { 'content-type': 'application/json', 'cache-control': 'no-store' }, body: '{}' },
  })
  shield = await Shield.start({
    config: {
      sites: [{ origins: [origin.url], rules: [{ name: 'live', match: { path: '/live' }, cache: { bypass: true } }] }],
    },
  })
})
after(async () => {
  await shield.stop()
  await origin.stop()
})

async function ask(path: string, times: number, cookie?: string): Promise<void> {
  for (let i = 0; i < times; i++)
    await (await fetch(shield.url + path, { headers: cookie === undefined ? {} : { cookie } })).text()
}

async function told(): Promise<BlockerLedger['ranked']> {
  return (await (await shield.admit('/api/blockers')).json()) as BlockerLedger['ranked']
}

test('the cookies, fields and rules that keep most of the origin’s answers out of the store come first', async () => {
  await ask('/shop?item=1', 6)
  await ask('/mine', 2)
  await ask('/live', 3)
  await ask('/open?q=1', 1, 'sid=1; theme=dark')
  await ask('/open?q=2', 1)
  await ask('/data', 1)
  await until('all answers are summed up', async () => (await told()).groups.reduce((sum, { answers }) => sum + answers, 0) === 14) // prettier-ignore
  const [pages, others] = (await told()).groups
  assert.deepEqual([pages!.site, pages!.page, pages!.answers, pages!.blocked], ['main', true, 13, 12])
  const [first, second, third] = pages!.blockers
  assert.deepEqual([first!.kind, first!.name, first!.reason, first!.count], ['cookie', 'PHPSESSID', 'set-cookie', 6])
  assert.equal(first!.share, 6 / 13)
  assert.equal(first!.example, '/shop?item=1')
  assert.match(first!.mend!, /ignoredCookies/)
  assert.deepEqual([second!.kind, second!.name, second!.reason], ['rule', 'live', 'bypass-by-rule'])
  assert.deepEqual([third!.name, third!.value, third!.count], ['cache-control', 'private', 2])
  const cookies = pages!.blockers.filter(({ reason }) => reason === 'request-cookie').map(({ name }) => name!)
  assert.deepEqual(new Set(cookies), new Set(['sid', 'theme']))
  assert.deepEqual([others!.page, others!.blockers[0]!.reason], [false, 'response-no-store'])
})
