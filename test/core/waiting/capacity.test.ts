// How many visitors an automatic room lets in, from what its origin shows.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Capacity } from '../../../src/core/waiting/capacity.ts'

const auto = { sessions: null, rate: null }
const idle = { limit: 10, inFlight: 0, queued: 0, rate: 0 }

test('what is set is taken, and only what is left open comes from the origin', () => {
  const capacity = new Capacity()
  assert.deepEqual(capacity.bears({ sessions: 50, rate: 3 }, idle), { sessions: 50, rate: 3 })
  assert.deepEqual(capacity.bears({ sessions: 50, rate: null }, idle), { sessions: 50, rate: 50 })
  assert.equal(capacity.bears({ sessions: null, rate: 3 }, { ...idle, queued: 9 }).rate, 3)
})

test('nobody is let in while requests wait or no place is free', () => {
  const capacity = new Capacity()
  assert.equal(capacity.bears(auto, { ...idle, queued: 1 }).rate, 0)
  assert.equal(capacity.bears(auto, { ...idle, inFlight: 9 }).rate, 0)
  assert.equal(capacity.bears(auto, { ...idle, limit: 1, inFlight: 1 }).rate, 0)
  assert.equal(capacity.bears(auto, { ...idle, limit: 0 }).rate, 0)
  assert.equal(capacity.bears(auto, idle).rate, 10)
})

test('the pace settles at the throughput divided by what a session asks for, and may find out that there is more', () => {
  const capacity = new Capacity()
  const facts = { limit: 20, inFlight: 15, queued: 0, rate: 80 }
  for (let second = 0; second < 600; second++) capacity.second(facts, 20)
  assert.ok(Math.abs(capacity.requestsPerSession - 4) < 0.5, `${capacity.requestsPerSession} requests a session`)
  const { rate } = capacity.bears(auto, facts)
  assert.ok(rate > 2 * 18 && rate < 2 * 22, `${rate} a second`)
})

test('what the origin bore is remembered for a while, and forgotten when it bears less', () => {
  const capacity = new Capacity()
  for (let second = 0; second < 60; second++) capacity.second({ ...idle, rate: 400 }, 40)
  const busy = { ...idle, inFlight: 5, rate: 20 }
  capacity.second(busy, 2)
  const soon = capacity.bears(auto, busy).rate
  for (let second = 0; second < 600; second++) capacity.second(busy, 2)
  const later = capacity.bears(auto, busy).rate
  assert.ok(soon > 5 * later, `${soon}, then ${later}`)
})
