// What each rule did is told: how many requests it matched in either lane, what became of them, and what they cost the origin.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Origin } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { ask } from '../fixtures/visitor.ts'
import type { RouteLedger } from '../../src/watch/route-sums.ts'

let origin: Origin
let shield: Shield

before(async () => {
  origin = await Origin.start({
    '*': { fields: { 'content-type': 'text/html', 'cache-control': 'max-age=60' }, body: 'a page', work: 20 },
  })
  const rules = [
    { name: 'news', match: { path: '/news/**' }, cache: { lifetime: '1 min' as const } },
    { name: 'account', match: { path: '/account' }, cache: { bypass: true } },
    { name: 'idle', match: { path: '/nobody' }, cache: { bypass: true } },
  ]
  shield = await Shield.start({ config: { sites: [{ origins: [origin.url], rules }] } })
})
after(async () => {
  await shield[Symbol.asyncDispose]()
  await origin.stop()
})

test('hits, passes and the time of the origin stand beside the rule that matched them; one that matched nothing says so', async () => {
  for (let i = 0; i < 5; i++) await ask(shield.port, '/news/1')
  for (let i = 0; i < 3; i++) await ask(shield.port, '/account')
  await ask(shield.port, '/other')
  const told = async () => (await (await shield.admit('/api/rules')).json()) as ReturnType<RouteLedger['rulesOf']>
  const figures = async () => new Map((await told()).rules.map(({ rule, ...rest }) => [rule, rest]))
  await until('all are summed up', async () => {
    const now = await figures()
    return now.get('news')?.requests === 5 && now.get('account')?.requests === 3
  })
  const rules = await figures()
  const [news, account, idle] = ['news', 'account', 'idle'].map(name => rules.get(name)!)
  assert.equal(account!.outcomes['pass'], 3)
  assert.equal(account!.originRequests, 3)
  assert.ok(account!.originMs >= 50, `${account!.originMs} ms of the origin`)
  assert.deepEqual([news!.outcomes, news!.originRequests], [{ miss: 1, hit: 4 }, 1])
  assert.deepEqual([idle!.requests, idle!.originRequests, idle!.outcomes], [0, 0, {}])
})
