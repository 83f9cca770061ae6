// What is told from what visitors got, where nothing was seen to be full: sites made of numbers, each with the one bound.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Reading } from '../../src/rehearse/gauges/gauges.ts'
import { figuresOf } from '../../src/rehearse/report.ts'
import { Tally } from '../../src/rehearse/tally.ts'
import { suspectsOf } from '../../src/rehearse/wall/culprit.ts'
import type { Level } from '../../src/rehearse/wall/level.ts'

const idle: Reading = {
  seen: true,
  threadRan: 0.1,
  threadWanted: 0.1,
  threadTaken: 0.1,
  siteCpu: 0.1,
  hostCpu: 0.2,
  memoryBytes: 5e7,
  memoryLeft: 0.6,
  openFiles: 0.01,
  connections: 10,
  acceptQueue: 0,
  overflows: 0,
  outgoing: [],
  disk: 0.1,
  stalled: 0,
  memoryShare: 0,
  restarted: false,
  conntrack: 0,
  samples: [],
}

/** Levels of a site that does `capacity` a second and no more, each in so many ms; `past`: what it does beyond. */
function levels(capacity: number, ms: number, reading: (rate: number) => Partial<Reading>, past = capacity): Level[] {
  return [0.05, 0.2, 0.5, 0.9, 1.2, 1.5].map(load => {
    const rate = capacity * load
    const [good, wait] = load > 1 ? [Math.min(past, rate), ms * 20] : [rate, ms]
    const tally = new Tally()
    tally.add('good', Math.round(good))
    tally.add('planned', Math.round(rate))
    tally.latency.record(wait * 1000, Math.round(good))
    tally.service.record(wait * 1000, Math.round(good))
    const figures = figuresOf(tally, 1, 0.1)
    const bySecond = [1, 2, 3].map(second => ({ ...figures, inFlight: load > 1 ? 100 : 2, second }))
    const run = { target: '', process: 'poisson', seed: 1, valid: true, stopped: false } as const
    const result = { ...figures, ...run, faults: [], notes: [], routes: [] }
    const seen = { ...idle, ...reading(rate) }
    const miss = load > 1 ? 'the p95 was long' : undefined
    return { stage: 'bisection', rate, seconds: 3, mayEnd: true, result, bySecond, readings: [seen, seen, seen], miss }
  })
}

const named = (seen: Level[], wall: number): string | undefined => suspectsOf(seen, wall)[0]?.signal

test('one at a time while nothing is at work is a lock', () => {
  const [suspect] = suspectsOf(
    levels(66.7, 15, () => ({})),
    65,
  )
  assert.equal(suspect?.signal, 'lock')
  assert.match(suspect.evidence, /one at a time/)
  assert.ok(suspect.curve.at(-1)!.value > 0.9 && suspect.curve[0]!.value < 0.2)
})

test('eight at a time while nothing is at work is a pool', () => {
  const [suspect] = suspectsOf(
    levels(160, 50, () => ({})),
    155,
  )
  assert.equal(suspect?.signal, 'pool')
  assert.match(suspect.evidence, /^8 requests were worked on at a time/)
})

test('one and a half places, or a site that is busy, is not told', () => {
  assert.equal(
    named(
      levels(72, 20, () => ({})),
      70,
    ),
    undefined,
  )
  assert.equal(
    named(
      levels(66.7, 15, () => ({ threadWanted: 0.7 })),
      65,
    ),
    undefined,
  )
})

test('nothing is told from waiting alone where the site cannot be looked at', () => {
  const blind = levels(66.7, 15, () => ({})).map(level => ({ ...level, readings: [] }))
  assert.equal(named(blind, 65), undefined)
})

test('a site that does less the more is asked collapses', () => {
  assert.equal(
    named(
      levels(100, 23, () => ({}), 20),
      95,
    ),
    'contention',
  )
})

test('a site that answers errors at once the more is asked is not said to collapse', () => {
  const failing = levels(100, 23, () => ({}), 20).map(level => {
    const lost = level.miss === undefined ? 0 : 80
    return { ...level, result: { ...level.result, lost, lostBy: { ...level.result.lostBy, status: lost } } }
  })
  assert.equal(named(failing, 95), undefined)
})

/** A thread that works and waits for a disk so much of the time, at 900 a second. */
const byTurns = (threadWanted: number, stalled: number) => (rate: number) => {
  const share = Math.min(1, rate / 900)
  return {
    threadWanted: threadWanted * share,
    stalled: stalled * share,
    threadTaken: (threadWanted + stalled) * share,
  }
}

test('a thread that works and waits for a disk by turns is the disk, and one that works all the time is not', () => {
  const [suspect] = suspectsOf(levels(900, 1.2, byTurns(0.43, 0.5)), 880)
  assert.equal(suspect?.signal, 'disk')
  assert.match(suspect.evidence, /worked 43% of the time and waited for a disk for most of the rest, 93% together/)
  assert.equal(named(levels(900, 1.2, byTurns(0.8, 0.09)), 880), undefined)
  assert.equal(named(levels(900, 1.2, byTurns(0.3, 0.3)), 880), undefined)
})

test('a site that lets so many through in each second is a rate limiter, also where most that missed asked for less on average', () => {
  const limited = (rate: number, good: number): Level => {
    const [level] = levels(rate / 1.2, 5, () => ({}))
      .slice(-2)
      .map(each => ({ ...each, rate }))
    const lost = { lost: 4, refusals: 4, lostBy: { ...level!.result.lostBy, status: 4 } }
    const bySecond = level!.bySecond.map(each => ({ ...each, planned: rate, good }))
    return { ...level!, bySecond, result: { ...level!.result, ...lost, good } }
  }
  const below = levels(50, 5, () => ({})).slice(0, 4)
  const seen = [...below, limited(60, 58), limited(62, 60), limited(65, 62), limited(160, 80)]
  assert.equal(named(seen, 58), 'rate limiter')
  // It lets through less the more is asked: nobody counts there.
  assert.notEqual(named([...below, limited(60, 58), limited(62, 60), limited(90, 70), limited(160, 30)], 58), 'rate limiter') // prettier-ignore
})

test('memory that grows with the requests until the process dies is a leak, whatever else was full by then', () => {
  const [suspect, next] = suspectsOf(
    levels(100, 3, rate => ({ memoryBytes: 5e7 + rate * 2e6, restarted: rate > 100, threadWanted: Math.min(1, rate / 100) })),
    98,
  ) // prettier-ignore
  assert.equal(suspect?.signal, 'memory')
  assert.match(suspect.evidence, /a leak, and then died/)
  assert.equal(next?.signal, 'cpu')
})
