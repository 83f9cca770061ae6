// A popular page is fetched anew before its lifetime is over: nobody who asks for it waits for the origin.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Origin } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { ask, steady, tell } from '../fixtures/visitor.ts'
import type { Came } from '../fixtures/visitor.ts'

test('a page that many ask for is refreshed before its end, by one request, and a failing origin takes nothing away', async context => {
  let fails = false
  await using origin = await Origin.start({
    '/popular': ({ nth }) =>
      fails && nth > 1
        ? { status: 503, body: 'sorry' }
        : { fields: { 'cache-control': 'max-age=5' }, body: `issue ${nth}`, work: 300 },
    '/rare': ({ nth }) => ({ fields: { 'cache-control': 'max-age=5' }, body: `issue ${nth}` }),
  })
  await using shield = await Shield.start({ origins: [origin.url] })
  await ask(shield.port, '/popular')
  await ask(shield.port, '/rare')
  const forwarded: string[] = []
  const isHit = ({ status, cache }: Came): boolean => {
    if (!cache.includes('; hit')) forwarded.push(cache)
    return status === 200
  }
  const stop = steady(shield.port, 40, () => '/popular', isHit)
  await sleep(4500)
  assert.equal((await ask(shield.port, '/rare')).text, 'issue 1')
  await sleep(8500)
  const seen = await stop()
  context.diagnostic(`${tell(seen)}; ${origin.of('/popular').length} fetches in 13 s`)
  assert.deepEqual([forwarded, seen.bad.size], [[], 0])
  const fetches = origin.of('/popular').length
  assert.ok(fetches >= 3 && fetches <= 6, `${fetches} fetches`)
  assert.equal(origin.of('/rare').length, 1, 'what nobody asks for is left alone')
  assert.equal(origin.most('/popular'), 1)
  fails = true
  const again = steady(shield.port, 40, () => '/popular', isHit)
  // It fails about a second before the end: until then nobody notices.
  await until('a refresh has failed', () => origin.of('/popular').length > fetches)
  assert.equal((await again()).bad.size, 0)
})
