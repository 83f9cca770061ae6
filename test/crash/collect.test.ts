// `npm run crash:collect` in CI: twenty runs, four of each kind, from a seed that is printed. BREAKWATER_CRASH_RUNS makes it more or less.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { freshSeed } from '../../src/base/random.ts'
import { KINDS, crashRun } from './run.ts'

const RUNS = Number(process.env['BREAKWATER_CRASH_RUNS'] ?? 20)

test('whatever is killed at whatever moment, each form that was acknowledged is accounted for, once', async t => {
  const seed = freshSeed()
  t.diagnostic(`seed ${seed}`)
  for (let i = 0; i < RUNS; i++) {
    const { faults, acknowledged } = await crashRun(seed + i, KINDS[i % KINDS.length]!)
    assert.deepEqual(faults, [], `seed ${seed + i}`)
    assert.ok(acknowledged > 0)
  }
})
