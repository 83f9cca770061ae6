// When a popular response is refreshed before its lifetime is over.

import assert from 'node:assert/strict'
import test from 'node:test'
import { seeded } from '../../src/base/random.ts'
import { isTimeToRefresh } from '../../src/cache/policy/ahead.ts'

/** Seconds before the end at which a draw each second hits first, for a page served so often in each; 0 for never. */
function aheadOf(lifetime: number, served: number, seed: number): number {
  const random = seeded(seed)
  const offset = random.next()
  for (let left = lifetime - offset; left > 0; left--)
    if (isTimeToRefresh(lifetime * 1000, left * 1000, served, random.next())) return left
  return 0
}

const SEEDS = Array.from({ length: 500 }, (_, i) => i)
const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!

test('what many ask for is refreshed before its end, always', () => {
  for (const lifetime of [4, 10, 60, 3600])
    for (const served of [3, 10, 1000]) assert.ok(SEEDS.every(seed => aheadOf(lifetime, served, seed) > 0))
})

test('the more ask for it, the sooner; and never in the first half of its lifetime', () => {
  for (const lifetime of [10, 60, 3600]) {
    const [few, many] = [3, 1000].map(served => SEEDS.map(seed => aheadOf(lifetime, served, seed)))
    assert.ok(median(few!) < median(many!))
    assert.ok(Math.max(...many!) < lifetime / 2)
  }
})

test('pages that were stored together are not refreshed together', () => {
  const all = SEEDS.map(seed => aheadOf(600, 100, seed))
  assert.ok(Math.max(...all) - Math.min(...all) > 15)
})

test('what hardly anybody asks for, or what lives for a moment, is not refreshed ahead', () => {
  assert.equal(isTimeToRefresh(60_000, 1, 2, 0.5), false)
  assert.equal(isTimeToRefresh(1999, 1, 100, 0.5), false)
})
