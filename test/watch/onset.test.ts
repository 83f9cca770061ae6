// How soon the onset of a spike is told, and how seldom one is told that is none. BREAKWATER_WEEKS=52 plays a whole year.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { freshSeed, seeded } from '../../src/base/random.ts'
import type { Random } from '../../src/base/random.ts'
import { nextSecond, quiet, usualRate } from '../../src/watch/alerts/onset.ts'
import type { Onset } from '../../src/watch/alerts/onset.ts'

const DAY = 86_400
const WEEKS = Number(process.env['BREAKWATER_WEEKS'] ?? 6)

/** Standard normal (Box and Muller 1958). */
const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())

/**
 * A site's requests a second: the course of a day (an eighth at night) and of a week, slow wander of some 10%, chance as Poisson
 * has it, 8% of noise in each second, and now and then a busy half minute of a third more.
 */
function site(random: Random, mean: number): (second: number) => number {
  let wander = 0
  let busyUntil = 0
  return second => {
    wander += -wander / 600 + (normal(random) * 0.1) / Math.sqrt(300)
    if (random.next() < 1 / 3600) busyUntil = second + 30
    const day = 1 - 0.78 * Math.cos((2 * Math.PI * second) / DAY)
    const week = 1 + 0.2 * Math.sin((2 * Math.PI * second) / (7 * DAY))
    const rate = mean * day * week * Math.exp(wander) * (second < busyUntil ? 1.33 : 1)
    return Math.max(0, Math.round(rate * (1 + 0.08 * normal(random)) + Math.sqrt(rate) * normal(random)))
  }
}

function warm(rateAt: (second: number) => number, from: number): Onset {
  let state = quiet
  for (let second = from - 1800; second < from; second++) state = nextSecond(state, rateAt(second))
  return state
}

const run = (state: Onset, rate: number, seconds: number): Onset => {
  let last = state
  for (let i = 0; i < seconds; i++) last = nextSecond(last, rate)
  return last
}

test('200 spikes and outages are told within 3 s at the median and 5 s at p99', context => {
  const seed = freshSeed()
  context.diagnostic(`seed ${seed}`)
  const random = seeded(seed)
  const delays: number[] = []
  while (delays.length < 200) {
    const mean = 40 * 10 ** (2.3 * random.next())
    const rateAt = site(random, mean)
    const from = DAY + Math.floor(random.next() * DAY)
    let state = warm(rateAt, from)
    const isSpike = delays.length % 2 === 0
    // A spike has to stand out of the floor, an outage has to have something to fall from.
    if (state.alarm !== null || (!isSpike && usualRate(state) < 100)) continue
    const factor = isSpike ? 3 * 10 ** random.next() : 0.1 * random.next()
    const rise = 1 + Math.floor(2 * random.next())
    let delay = 0
    while (state.alarm === null && delay < 60) {
      const share = Math.min(1, ++delay / rise)
      state = nextSecond(state, rateAt(from + delay) * (1 + (factor - 1) * share))
    }
    assert.equal(state.alarm, isSpike ? 'spike' : 'silence')
    delays.push(delay)
  }
  delays.sort((a, b) => a - b)
  context.diagnostic(`p50 ${delays[99]} s, p99 ${delays[197]} s, slowest ${delays[199]} s`)
  assert.ok(delays[99]! <= 3)
  assert.ok(delays[197]! <= 5)
})

test(`fewer than one false alarm a week in ${WEEKS} weeks of each of three sites`, context => {
  const seed = freshSeed()
  context.diagnostic(`seed ${seed}`)
  for (const mean of [15, 150, 3000]) {
    const rateAt = site(seeded(seed + mean), mean)
    let state = quiet
    let alarms = 0
    for (let second = 0; second < WEEKS * 7 * DAY; second++) {
      const next = nextSecond(state, rateAt(second))
      if (next.alarm !== null && state.alarm === null) alarms++
      state = next
    }
    context.diagnostic(`about ${mean} requests a second: ${alarms} false alarms in ${WEEKS} weeks`)
    assert.ok(alarms < WEEKS)
  }
})

test('a spike that stays becomes the usual rate, and one that ends is over after a minute of calm', () => {
  const usual = run(quiet, 100, 600)
  assert.equal(usual.alarm, null)
  const spike = run(usual, 1000, 3)
  assert.equal(spike.alarm, 'spike')
  assert.equal(run(spike, 100, 59).alarm, 'spike')
  assert.equal(run(spike, 100, 61).alarm, null)
  assert.equal(run(spike, 1000, 7200).alarm, null)
})

test('a handful of requests is no spike, and one second alone is none', () => {
  let state = quiet
  for (let i = 0; i < 600; i++) state = nextSecond(state, 1)
  for (let i = 0; i < 60; i++) state = nextSecond(state, 18)
  assert.equal(state.alarm, null)
  state = nextSecond(state, 100_000)
  assert.equal(nextSecond(state, 1).alarm, null)
})
