// Four runs of `npm run crash:collect`, the last with a journal that is full, from a seed that is printed.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { freshSeed } from '../../src/base/random.ts'
import { crashRun } from './run.ts'

test('whatever is killed at whatever moment, each form that was acknowledged is accounted for, once', async t => {
  const seed = freshSeed()
  t.diagnostic(`seed ${seed}`)
  for (let i = 0; i < 4; i++) {
    const { faults, acknowledged } = await crashRun(seed + i, { full: i === 3 })
    assert.deepEqual(faults, [], `seed ${seed + i}`)
    assert.ok(acknowledged > 0)
  }
})
