// Goals are judged as they stand in the table: no rounding in our favour.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { goalFor, judge } from '../../bench/goals.ts'

const GOAL = goalFor('hits', '8 KiB', 'cpu', 'nginx')!

test('a goal is met up to its bound and missed just above', () => {
  assert.equal(judge(0.8, GOAL), 'met')
  assert.equal(judge(0.801, GOAL), 'missed')
  assert.equal(judge(0.75, GOAL), 'met, stretch too')
})

test('goals for hits hold for 8 KiB only', () => {
  assert.equal(goalFor('hits', '64 KiB', 'cpu', 'nginx'), undefined)
  assert.equal(goalFor('hits', '8 KiB', 'rate', 'nginx'), undefined)
})

test('the bound of the store holds whatever its size', () => {
  assert.equal(goalFor('store', 'bound 128 MiB', 'ofBound', null)?.atMost, 1.25)
})
