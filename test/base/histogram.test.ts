// The histogram against the exact answer from a sorted list.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { Histogram, HISTOGRAM_BYTES, LARGEST_VALUE } from '../../src/base/histogram.ts'

const values = fc.array(fc.oneof(fc.nat(300), fc.nat(100_000), fc.nat(LARGEST_VALUE)), { minLength: 1, maxLength: 200 })

test('any percentile is within 1% of the exact one', () => {
  fc.assert(
    fc.property(values, fc.double({ min: 0, max: 100, noNaN: true }), (list, percent) => {
      const histogram = filled(list)
      const sorted = list.toSorted((a, b) => a - b)
      const exact = sorted[Math.max(1, Math.ceil((percent / 100) * list.length)) - 1]!
      assert.ok(Math.abs(histogram.percentile(percent) - exact) <= exact / 100)
    }),
  )
})

test('values below 128 are told exactly', () => {
  for (let value = 0; value < 128; value++) assert.equal(filled([value]).percentile(50), value)
})

test('merging two gives what recording all in one gives', () => {
  fc.assert(
    fc.property(values, values, (one, other) => {
      const merged = filled(one).merge(filled(other))
      const together = filled([...one, ...other])
      for (const percent of [0, 25, 50, 95, 99, 100]) {
        assert.equal(merged.percentile(percent), together.percentile(percent))
      }
      assert.equal(merged.count(), one.length + other.length)
    }),
  )
})

test('the difference to an older copy holds only what came after, even when a counter wrapped', () => {
  const histogram = new Histogram()
  histogram.record(5, 2 ** 32 - 1)
  const earlier = histogram.copy()
  histogram.record(5, 3)
  histogram.record(1_000)
  const after = histogram.since(earlier)
  assert.equal(after.count(), 4)
  assert.equal(after.percentile(75), 5)
})

test('a value out of range is counted at the nearest end', () => {
  const histogram = filled([-3, Number.NaN, 1e12])
  assert.equal(histogram.count(), 3)
  assert.equal(histogram.percentile(50), 0)
  assert.ok(histogram.percentile(100) >= LARGEST_VALUE * 0.99)
})

test('two histograms share one buffer without touching each other', () => {
  const buffer = new SharedArrayBuffer(2 * HISTOGRAM_BYTES)
  const one = Histogram.over(buffer)
  const other = Histogram.over(buffer, HISTOGRAM_BYTES)
  one.record(LARGEST_VALUE)
  other.record(0)
  assert.equal(Histogram.over(buffer).count(), 1)
  assert.equal(other.percentile(100), 0)
})

test('count up to a value, sum and mean agree with the list within 1%', () => {
  const histogram = filled([100, 2_000, 30_000, 400_000])
  assert.equal(histogram.countUpTo(2_100), 2)
  assert.ok(Math.abs(histogram.sum() - 432_100) < 4_321)
  assert.ok(Math.abs(histogram.mean() - 108_025) < 1_081)
  assert.equal(new Histogram().percentile(99), 0)
})

function filled(list: number[]): Histogram {
  const histogram = new Histogram()
  for (const value of list) histogram.record(value)
  return histogram
}
