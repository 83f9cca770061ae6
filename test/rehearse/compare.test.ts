// Two runs against the same site are not told apart; a slower one is found. The runs are of a simulated site: visitors come
// by chance and queue for a pool of workers, so that its seconds depend on each other as those of a real site do.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exponential, freshSeed, seeded } from '../../src/base/random.ts'
import type { Random } from '../../src/base/random.ts'
import { compareRuns, LEAST_SECONDS } from '../../src/rehearse/kept/compare.ts'
import type { KeptSecond } from '../../src/rehearse/kept/kept.ts'

const SECONDS = 90
const PAIRS = 100

/** A pool of `workers` that takes `serviceMs` on average (half of it fixed) for 60 visitors a second. */
function run(random: Random, serviceMs: number, workers = 8, rate = 60): KeptSecond[] {
  const free = Array.from({ length: workers }, () => 0)
  const seconds = Array.from({ length: SECONDS }, () => ({ sum: 0, good: 0 }))
  for (let now = exponential(random, rate / 1000); now < SECONDS * 1000; now += exponential(random, rate / 1000)) {
    const next = free.indexOf(Math.min(...free))
    const done = Math.max(now, free[next]!) + serviceMs / 2 + exponential(random, 2 / serviceMs)
    free[next] = done
    const second = seconds[Math.min(SECONDS - 1, Math.floor(done / 1000))]!
    second.sum += done - now
    second.good++
  }
  return seconds.map(({ sum, good }) => ({ good, lost: 0, meanMs: good === 0 ? 0 : sum / good }))
}

function tally(seed: number, slowdown: number): Record<string, number> {
  const random = seeded(seed)
  const seen: Record<string, number> = {}
  for (let i = 0; i < PAIRS; i++) {
    const { verdict } = compareRuns(run(random, 80), run(random, 80 * slowdown), seed + i)!
    seen[verdict] = (seen[verdict] ?? 0) + 1
  }
  return seen
}

test('of 100 pairs of equal runs at least 95 are not told apart', context => {
  const seed = freshSeed()
  const seen = tally(seed, 1)
  context.diagnostic(`seed ${seed}: ${JSON.stringify(seen)}`)
  assert.ok((seen['not told apart'] ?? 0) >= 95, `seed ${seed}: ${JSON.stringify(seen)}`)
})

test('of 100 pairs in which the second is 10% slower at least 90 are found, and none is called better', context => {
  const seed = freshSeed()
  const seen = tally(seed, 1.1)
  context.diagnostic(`seed ${seed}: ${JSON.stringify(seen)}`)
  assert.ok((seen['worse'] ?? 0) >= 90, `seed ${seed}: ${JSON.stringify(seen)}`)
  assert.equal(seen['better'], undefined)
})

test('lost views make a run worse however fast the others are', () => {
  const good = Array.from({ length: 60 }, () => ({ good: 100, lost: 0, meanMs: 20 }))
  const losing = good.map((each, i) => (i % 10 === 0 ? { good: 60, lost: 40, meanMs: 15 } : { ...each, meanMs: 15 }))
  assert.equal(compareRuns(good, losing, 1)?.verdict, 'worse')
  assert.equal(compareRuns(losing, good, 1)?.verdict, 'better')
})

test('runs that are too short are not compared', () => {
  const short = Array.from({ length: LEAST_SECONDS }, () => ({ good: 1, lost: 0, meanMs: 1 }))
  assert.equal(compareRuns(short, short, 1), undefined)
})
