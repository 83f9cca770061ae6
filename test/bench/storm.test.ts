// What the storm's figures are made of.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { median } from '../../bench/rounds.ts'
import type { Visitor } from '../../bench/storm/crowd.ts'
import { judge, kendall } from '../../bench/storm/judge.ts'

const visitor = (arrived: number, number: number | null, more: Partial<Visitor> = {}): Visitor => ({
  ...{ arrived, number, estimated: null, lastWaiting: 0, called: null, served: 0, failed: 0, errors: [] },
  ...more,
})

test('an order is compared with that of arrival by the share of pairs that stand the wrong way round', () => {
  assert.equal(kendall([1, 2, 3, 4]), 1)
  assert.equal(kendall([4, 3, 2, 1]), -1)
  assert.ok(Math.abs(kendall([1, 2, 4, 3]) - 2 / 3) < 1e-9)
})

test('the median of an even number lies between the two in the middle', () => {
  assert.equal(median([3, 1, 2]), 2)
  assert.equal(median([4, 1, 3, 2]), 2.5)
})

test('an estimate is judged by when the call was known, and whoever was passed over stands behind', () => {
  const told = { at: 0, wait: 12_000 }
  const crowd = [
    visitor(1, 1, { called: 10_000, estimated: told }),
    visitor(2, 2, { called: 30_000, lastWaiting: 25_000 }),
    visitor(3, 3, { called: 10_000, estimated: { at: 2_000, wait: 8_000 } }),
    visitor(4, null, { served: 2 }),
  ]
  const outcome = judge(crowd, 50, 10, 10)
  assert.equal(outcome.share, 0.5)
  assert.equal(outcome.waiting, 3)
  assert.equal(outcome.served, 2)
  assert.ok(Math.abs(outcome.estimateError! - 0.1) < 1e-9)
  assert.ok(outcome.kendall! < 0.5)
})
