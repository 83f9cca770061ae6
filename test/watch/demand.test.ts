// What autoscalers are told: out at once, in slowly, and never more for instances that have come already.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { ManualClock } from '../../src/base/clock.ts'
import { nextMemory, nothingSeen, ratioOf, targetOf } from '../../src/watch/scale/demand.ts'
import { DemandGauge, demand } from '../../src/watch/scale/gauge.ts'

const MINUTE = 60_000
const aim = { aim: 0.7, least: 1, most: 1000 }

test('the demand rises at once, holds for ten minutes, and falls by a tenth a minute at most', () => {
  let memory = nothingSeen
  const look = (requests: number, seconds: number): void => {
    for (let i = 0; i < seconds; i++) memory = nextMemory(memory, requests, memory.at + 1000)
  }
  look(10, 60)
  look(100, 1)
  assert.equal(memory.held, 100)
  look(10, 599)
  assert.equal(memory.held, 100, 'for ten minutes nothing is given back')
  look(10, 61)
  assert.ok(Math.abs(memory.held - 90) < 0.5, `${memory.held}`)
  look(10, 600)
  assert.ok(Math.abs(memory.held - 90 * 0.9 ** 10) < 0.5, `${memory.held}`)
  look(10, 1800)
  assert.equal(memory.held, 10)
})

test('whatever comes, it is never below what is asked now, and never falls by more than a tenth in a minute', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 5000 }), { maxLength: 400 }), heights => {
      let memory = nothingSeen
      for (const height of heights) {
        const before = memory
        memory = nextMemory(memory, height, memory.at + MINUTE)
        assert.ok(memory.held >= height)
        assert.ok(memory.held >= before.held * 0.9 - 1e-9)
        assert.ok(memory.heights.length <= 11)
      }
    }),
  )
})

test('an autoscaler that follows it comes to rest at the aim, and does not run away while it waits for its instances', () => {
  const perInstance = 20
  for (const crowd of [5, 60, 700]) {
    const starting: number[] = []
    let [instances, memory] = [2, nothingSeen]
    for (let minute = 0; minute < 120; minute++) {
      memory = nextMemory(memory, crowd, minute * MINUTE)
      const ratio = ratioOf(memory.held, instances * perInstance)
      const target = targetOf(ratio!, instances, aim)
      // New ones serve three minutes after they were asked for.
      starting.push(target)
      if (starting.length > 3) instances = starting.shift()!
    }
    assert.equal(instances, Math.max(1, Math.ceil(crowd / perInstance / aim.aim)))
  }
})

test('the target is held within its bounds, and a hair more than a whole number is no instance', () => {
  assert.equal(targetOf(0.7, 10, aim), 10)
  assert.equal(targetOf(0.71, 10, aim), 11)
  assert.equal(targetOf(50, 10, { ...aim, most: 40 }), 40)
  assert.equal(targetOf(0, 10, { ...aim, least: 2 }), 2)
  assert.equal(ratioOf(5, 0), null)
})

const row = (site: string, limit: number, inFlight: number, waiting: number, state: 'up' | 'down' = 'up') => ({
  ...{ index: 0, site, url: '', state, ailing: false, streams: 0, good: 0, bad: 0, timeouts: 0, resets: 0 },
  ...{ limit, inFlight, waiting, firstByteMs: 0 },
})

test('on the admin address each site has its demand, a target by what was asked, and a number alone', () => {
  const clock = new ManualClock(0)
  const rows = [row('a', 20, 20, 30), row('a', 20, 20, 30), row('a', 20, 0, 30, 'down'), row('b', 10, 1, 0)]
  const gauge = new DemandGauge({ clock, sites: () => [{ name: 'a' }, { name: 'b' }], origins: () => rows })
  gauge.look()
  const asked = (query: string) => demand(gauge, new URLSearchParams(query))
  assert.deepEqual(JSON.parse(asked('site=a').body), {
    sites: [{ site: 'a', demand: 70, capacity: 40, ratio: 1.75, level: 1.75, instances: 2, target: 5 }],
  })
  assert.deepEqual(asked('site=a&value=target&aim=0.5').body, '7\n')
  assert.deepEqual(asked('site=a&value=target&instances=8&most=15').body, '15\n')
  assert.deepEqual(asked('site=b&value=ratio').body, '0.1\n')
  for (const wrong of ['value=target', 'site=a&value=x', 'aim=0', 'aim=', 'instances=0', 'least=-1', 'other=1'])
    assert.equal(asked(wrong).status, 422, wrong)
  assert.equal(asked('site=c').status, 404)
  rows.splice(0, 4, row('a', 20, 0, 30, 'down'))
  assert.equal(asked('site=a&value=target').status, 503, 'nothing that could be taken for a number')
})
