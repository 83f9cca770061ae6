// What is kept of the last quarter of an hour.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { History } from '../../src/watch/history.ts'
import { columns } from '../../src/watch/seconds.ts'
import type { Second } from '../../src/watch/seconds.ts'

const second = (at: number, more: Partial<Second> = {}): Second => ({
  ...(Object.fromEntries(columns.map(name => [name, 0])) as Second),
  at,
  ...more,
})

test('the oldest seconds make room for the newest', () => {
  const history = new History(3)
  assert.deepEqual(history.columns.at, [])
  for (let at = 1; at <= 5; at++) history.add(second(at))
  assert.deepEqual(history.columns.at, [3, 4, 5])
})

test('what was not known stays unknown, and numbers keep three digits behind the point', () => {
  const history = new History(3)
  history.add(second(1, { p95: null, p50: 1 / 3 }))
  const { p95, p50, hit } = history.columns
  assert.deepEqual([p95, p50, hit], [[null], [0.333], [0]])
})
