// The limit of one class at an origin, from what is seen of it alone, and of several side by side.

import assert from 'node:assert/strict'
import test from 'node:test'
import { FIRST_BYTE_BUCKETS, firstByteBucket } from '../../src/board/board.ts'
import { limitsOf, withoutOwnFailures } from '../../src/core/limits/by-class.ts'
import { ClassLimit } from '../../src/core/limits/class-limit.ts'
import { Gradient } from '../../src/core/limits/gradient.ts'
import type { Look } from '../../src/core/limits/limit.ts'

const BOUNDS = { least: 1, most: 1000 }
const newLimit = (): ClassLimit => new ClassLimit((start, base) => new Gradient(BOUNDS, start, base))

type Seen = Partial<Omit<Look, 'now' | 'firstBytes'>> & { answers?: number; ms?: number }

function look(now: number, { answers = 0, ms = 100, ...seen }: Seen): Look {
  const firstBytes = new Float64Array(FIRST_BYTE_BUCKETS)
  firstBytes[firstByteBucket(ms)] = answers
  return { now, firstBytes, bad: 0, timeouts: 0, resets: 0, inFlight: 4, waited: 0, ...seen }
}

/** So many looks, one after the other, at what `seen` says of each. */
function watch(limit: ClassLimit, looks: number, seen: (of: ClassLimit) => Seen, from = 0): number {
  for (let i = 0; i < looks; i++) limit.observe(look(from + 250 * i, seen(limit)), 0)
  return from + 250 * looks
}

/** A class with four workers of 100 ms each, of which so many are wanted: with more than four at once it completes less. */
const workers =
  (wanted: number) =>
  (of: ClassLimit): Seen => {
    const inFlight = Math.min(wanted, of.value)
    const ms = 100 * Math.max(1, inFlight / 4) ** 1.5
    return { inFlight, ms, answers: (250 * inFlight) / ms, waited: inFlight < wanted || wanted > 4 ? 1 : 0 }
  }

test('a class that fares well is left alone', () => {
  const limit = newLimit()
  watch(limit, 400, workers(4))
  assert.equal(limit.value, Infinity)
  assert.equal(limit.faring, 'well')
})

test('one that gets in its own way is held where it completes most, and left alone when the crowd has gone', () => {
  const limit = newLimit()
  const crowded = watch(limit, 40, workers(4))
  const calm = watch(limit, 400, workers(32), crowded)
  assert.ok(limit.value >= 3 && limit.value <= 8, `a limit of ${limit.value}`)
  watch(limit, 45, workers(2), calm)
  assert.equal(limit.value, Infinity)
})

test('one whose requests fail is held back step by step, down to one', () => {
  const limit = newLimit()
  watch(limit, 400, of => ({ inFlight: Math.min(20, of.value), timeouts: 5, waited: 1 }))
  assert.equal(limit.faring, 'failing')
  assert.equal(limit.value, 1)
})

test('a single failure, or a single slow request, holds nobody back', () => {
  const limit = newLimit()
  const then = watch(limit, 40, workers(4))
  limit.observe(look(then, { answers: 10, timeouts: 1 }), 0)
  limit.observe(look(then + 250, { answers: 10, ms: 1000, inFlight: 1, waited: 1 }), 0)
  assert.equal(limit.value, Infinity)
})

test('a class is brisk once its answers are seen to come soon, and not while they stay away', () => {
  const limit = newLimit()
  assert.equal(limit.isBrisk, false)
  limit.observe(look(0, { answers: 5 }), 0)
  assert.equal(limit.isBrisk, true)
  for (const now of [250, 500]) limit.observe(look(now, {}), 0)
  assert.equal(limit.isBrisk, false)
  limit.observe(look(750, { answers: 1, ms: 2_000 }), 0)
  assert.equal(limit.isBrisk, false)
})

/** Classes of equal shares that have so many in flight; `ms` is what their answers take. */
const side = (...all: { inFlight: number; ms: number }[]) =>
  all.map(({ inFlight, ms }) => {
    const limit = newLimit()
    limit.observe(look(0, { inFlight, ms, answers: 10 }), 0)
    return { limit, share: 1 / all.length, isSet: false }
  })

test('brisk classes are lent all places; slow ones leave some to the others, all slow ones together', () => {
  const [brisk, slow] = [
    { inFlight: 3, ms: 20 },
    { inFlight: 10, ms: 2_000 },
  ]
  assert.deepEqual(limitsOf(side(brisk, brisk), 20), [Infinity, Infinity])
  assert.deepEqual(limitsOf(side(brisk, slow), 20), [Infinity, 18])
  assert.deepEqual(limitsOf(side(brisk, slow), 2), [Infinity, 1])
  assert.deepEqual(limitsOf(side(brisk, slow, { inFlight: 5, ms: 900 }), 20), [Infinity, 12, 7])
  const [first, ...others] = side(slow, brisk)
  assert.deepEqual(limitsOf([{ ...first!, isSet: true }, ...others], 20), [Infinity, Infinity])
})

test('failures count against the class they happen in while another fares well, else against the origin', () => {
  const [pages, search] = side({ inFlight: 3, ms: 20 }, { inFlight: 3, ms: 20 })
  const failing = look(250, { timeouts: 6, bad: 2, answers: 4 })
  const all = look(250, { timeouts: 7, bad: 2, answers: 14 })
  const fine = look(250, { answers: 10, timeouts: 1 })
  search!.limit.observe(failing, 0)
  pages!.limit.observe(look(250, { answers: 10 }), 0)
  const left = withoutOwnFailures(all, [pages!, search!], [fine, failing])
  assert.deepEqual([left.timeouts, left.bad], [1, 0])
  assert.deepEqual(withoutOwnFailures(all, [search!, search!], [failing, failing]), all)
})
