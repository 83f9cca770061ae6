// Figures from readings: a round with a problem counts for nobody, and ratios compare readings of the same round.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hits } from '../../bench/cases/hits.ts'
import type { Reading } from '../../bench/cases/case.ts'
import { comparisons, medianInterval, result, spread } from '../../bench/rounds.ts'

const VARIANT = hits.variants({ sizes: [8], connections: 1, storeMib: 16 })[0]!
const reading = (cpu: number, ...problems: string[]): Reading => ({ values: { cpu, rate: 1e6 / cpu }, problems })

test('the median of an even number of values lies between the two in the middle', () => {
  assert.deepEqual(spread([4, 1, 3, 2]), { median: 2.5, min: 1, max: 4 })
  assert.deepEqual(spread([5, 1, 3]), { median: 3, min: 1, max: 5 })
  assert.deepEqual(spread([7]), { median: 7, min: 7, max: 7 })
})

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1)

test('the interval of a median is that of the binomial tables: the 6th least and greatest of 20, and none below six values', () => {
  assert.deepEqual(medianInterval(upTo(20)), { low: 6, high: 15 })
  assert.deepEqual(medianInterval(upTo(40)), { low: 14, high: 27 })
  assert.deepEqual(medianInterval(upTo(6)), { low: 1, high: 6 })
  assert.equal(medianInterval(upTo(5)), null)
})

test('a round with a problem does not count, and its problem is told with its number', () => {
  const of = result(
    { server: 'nginx', readings: [reading(10), reading(99, '3 read errors'), reading(12)] },
    hits.metrics,
  )
  assert.equal(of.validRounds, 2)
  assert.deepEqual(of.metrics['cpu'], { median: 11, min: 10, max: 12 })
  assert.deepEqual(of.problems, ['round 2: 3 read errors'])
})

test('a server without a valid round has no figures', () => {
  const of = result({ server: 'nginx', readings: [reading(NaN, 'it failed')] }, hits.metrics)
  assert.deepEqual(of.metrics, {})
  assert.equal(of.validRounds, 0)
})

test('ratios pair readings of the same round and leave out rounds in which either does not count', () => {
  const ours = { server: 'breakwater', readings: [reading(8), reading(9), reading(50, 'bad')] }
  const theirs = { server: 'nginx', readings: [reading(10), reading(12), reading(10)] }
  const [compared] = comparisons(hits, VARIANT, [ours, theirs])
  assert.equal(compared?.against, 'nginx')
  assert.deepEqual(compared.value, { median: 0.775, min: 0.75, max: 0.8 })
  assert.equal(compared.goal?.verdict, 'met')
})

test('without Breakwater there is nothing to compare', () => {
  assert.deepEqual(comparisons(hits, VARIANT, [{ server: 'nginx', readings: [reading(10)] }]), [])
})
