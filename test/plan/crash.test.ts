// A few runs of `npm run crash:plan`: whenever it is killed, each program that was done is undone exactly once.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { freshSeed } from '../../src/base/random.ts'
import { crash } from './crash/crash.ts'

const RUNS = 5

test('kill -9 at writes of a runbook: each do has its undo exactly once', { timeout: 120_000 }, async () => {
  const seed = freshSeed()
  for (let i = 0; i < RUNS; i++) {
    const n = i * 10 + (seed % 10)
    const { wrong, at } = await crash(seed, n)
    assert.deepEqual(wrong, [], `seed ${seed}, run ${n}, killed at ${at.join(' / ')}`)
  }
})
