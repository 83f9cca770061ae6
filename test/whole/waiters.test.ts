// Who waits for what another has asked for waits no longer than a time of their own: then they get the stale response, however long the
// fetch goes on. What becomes of those for whom nothing is stored is in test/core/flights.test.ts.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Origin } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { ask } from '../fixtures/visitor.ts'
import type { Came } from '../fixtures/visitor.ts'

const VISITORS = 12

test('waiters get the stale response when their time is over, while the fetch that they waited for hangs', async () => {
  const held = Promise.withResolvers<void>()
  await using origin = await Origin.start({
    '/stored': async ({ nth }) => {
      if (nth > 1) await held.promise
      return { fields: { 'cache-control': 'max-age=1, stale-if-error=600' }, body: `issue ${nth}` }
    },
  })
  const queue = { wait: '1s' as const, patience: '1s' as const }
  const site = { origins: [origin.url], origin: { concurrency: 24, queue } }
  await using shield = await Shield.start({ config: { sites: [site] } })
  await ask(shield.port, '/stored')
  await sleep(1100)
  const came: Came[] = []
  const asking = Promise.allSettled(
    Array.from({ length: VISITORS }, async () => came.push(await ask(shield.port, '/stored'))),
  )
  try {
    await until('all but those who fetch have an answer', () => came.length >= VISITORS - 3)
    for (const { status, text, cache } of came) {
      assert.deepEqual([status, text], [200, 'issue 1'], cache)
      assert.match(cache, /^breakwater; hit; ttl=-\d/)
    }
    assert.ok(origin.of('/stored').length <= 4, `${origin.of('/stored').length} fetches`)
  } finally {
    held.resolve()
    await asking
  }
})

test('a long wait in the queue is as long as it says, for whoever asks first and for those who ask for the same', async () => {
  const held = Promise.withResolvers<void>()
  await using origin = await Origin.start({
    '/held': () => held.promise.then(() => ({ body: 'held' })),
    '/page': { fields: { 'cache-control': 'max-age=60' }, body: 'page' },
  })
  const queue = { wait: '60s' as const, patience: '100ms' as const }
  const site = { origins: [origin.url], origin: { concurrency: 1, queue } }
  await using shield = await Shield.start({ config: { sites: [site] } })
  const first = ask(shield.port, '/held')
  await until('the origin works', () => origin.of('/held').length === 1)
  const waiting = [1, 2, 3].map(() => ask(shield.port, '/page'))
  await sleep(1000)
  held.resolve()
  assert.deepEqual(new Set((await Promise.all([first, ...waiting])).map(({ status }) => status)), new Set([200]))
  assert.equal(origin.of('/page').length, 1)
})
