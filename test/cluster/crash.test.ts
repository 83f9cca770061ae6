// `npm run crash:cluster` in CI: five runs, each of another kind, from a seed that is printed. BREAKWATER_CRASH_RUNS makes it more or less.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { freshSeed } from '../../src/base/random.ts'
import { noRedis } from '../fixtures/redis.ts'
import { KINDS, crashRun } from './crash/run.ts'

/** A short queue: `npm run crash:cluster` has one of half a minute. */
const VISITORS = 50
const RUNS = Number(process.env['BREAKWATER_CRASH_RUNS'] ?? 5)

test(
  'whatever is killed, paused or cut off: the origin is not past its limit, hits go on, purges hold, and who waits gets in',
  { skip: noRedis ?? false },
  async t => {
    const seed = freshSeed()
    t.diagnostic(`seed ${seed}`)
    for (let i = 0; i < RUNS; i++) {
      const kind = KINDS[i % KINDS.length]!
      const { faults, hits } = await crashRun(seed + i, kind, VISITORS)
      assert.deepEqual(faults, [], `seed ${seed + i}, ${kind}`)
      assert.ok(hits > 0)
    }
  },
)
