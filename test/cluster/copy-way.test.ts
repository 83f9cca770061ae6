// How a copy on the server is known to be safe: which way runs on which server, what is asked, and what counts as enough.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Redis as Client } from 'iovalkey'
import { copyPlan, habitsOf, isEnough, proofOf } from '../../src/cluster/copy-way.ts'
import { serverFacts } from '../../src/cluster/server.ts'
import { Redis, noRedis } from '../fixtures/redis.ts'

test('a server with WAITAOF is asked with it; one that syncs each write says so by its answer; else replicas count', () => {
  const habits = { hasWaitAof: true, hasAof: true, syncs: 'everysec' }
  assert.deepEqual(copyPlan(habits, 0), { way: 'waitaof', replicas: 0 })
  assert.deepEqual(copyPlan({ ...habits, hasWaitAof: false, syncs: 'always' }, 2), { way: 'aof-always', replicas: 2 })
  for (const syncs of ['everysec', 'no', null])
    assert.deepEqual(copyPlan({ ...habits, hasWaitAof: false, syncs }, 0), { way: 'wait', replicas: 1 })
  assert.deepEqual(copyPlan({ ...habits, hasAof: false }, 0), { way: 'wait', replicas: 1 })
})

test('a count that is too low, or none, is not enough', () => {
  const plan = { way: 'waitaof', replicas: 1 } as const
  assert.deepEqual(proofOf(plan, 100), ['WAITAOF', 1, 1, 100])
  assert.deepEqual(
    [[1, 1], [1, 0], [0, 1], [0, 0], [], null].map(answer => isEnough(plan, answer)),
    [true, false, false, false, false, false],
  )
  assert.equal(proofOf({ way: 'aof-always', replicas: 0 }, 100), null)
  assert.deepEqual(proofOf({ way: 'wait', replicas: 2 }, 100), ['WAIT', 2, 100])
  assert.deepEqual(
    [2, 3, 1, 0, null].map(answer => isEnough({ way: 'wait', replicas: 2 }, answer)),
    [true, true, false, false, false],
  )
})

test('on the server that is installed here the plan proves what it says', { skip: noRedis ?? false }, async t => {
  await using redis = await Redis.start()
  const client = new Client({ port: redis.port })
  try {
    const [, syncs] = (await client.config('GET', 'appendfsync')) as string[]
    const { copies, product, version } = serverFacts(await client.info('server'))
    const plan = copyPlan(habitsOf(await client.info('persistence'), syncs ?? null, copies === 'waitaof'), 0)
    t.diagnostic(`${product} ${version}: ${plan.way}`)
    assert.equal(plan.way, copies === 'waitaof' ? 'waitaof' : 'aof-always')
    await client.set('a', 'b')
    const proof = proofOf(plan, 1000)
    assert.ok(proof === null || isEnough(plan, await client.call(proof[0], ...proof.slice(1).map(String))))
    assert.equal(isEnough({ way: 'wait', replicas: 1 }, await client.call('WAIT', '1', '50')), false)
  } finally {
    client.disconnect()
  }
})
