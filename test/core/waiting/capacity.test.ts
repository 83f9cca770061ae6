// How many visitors an automatic room lets in, from what its origin shows.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Capacity } from '../../../src/core/waiting/capacity.ts'

const nobody = { awaited: 0, coming: () => 0 }
const auto = { sessions: null, rate: null }
const idle = { limit: 10, inFlight: 0, queued: 0, rate: 0, potential: 0 }

test('what is set is taken, and only what is left open comes from the origin', () => {
  const capacity = new Capacity()
  assert.deepEqual(capacity.bears({ sessions: 50, rate: 3 }, idle, nobody), { sessions: 50, rate: 3 })
  assert.deepEqual(capacity.bears({ sessions: 50, rate: null }, idle, nobody), {
    sessions: 50,
    rate: 50,
    isGuess: true,
  })
  assert.equal(capacity.bears({ sessions: null, rate: 3 }, { ...idle, queued: 9 }, nobody).rate, 3)
})

test('nobody is let in while the queue is long, too many are on their way, or the origin is down', () => {
  const capacity = new Capacity()
  const busy = { ...idle, inFlight: 10 }
  assert.equal(capacity.bears(auto, { ...busy, queued: 60 }, nobody).rate, 0)
  assert.equal(capacity.bears(auto, idle, { awaited: 1000, coming: () => 0 }).rate, 0)
  assert.equal(capacity.bears(auto, { ...idle, limit: 0 }, nobody).rate, 0)
})

test('a short queue is kept, so that the origin is never idle: fewer are let in the longer it is', () => {
  const capacity = new Capacity()
  const paces = [0, 5, 10, 20].map(queued => capacity.bears(auto, { ...idle, inFlight: 10, queued }, nobody).rate)
  assert.deepEqual(
    paces,
    paces.toSorted((a, b) => b - a),
  )
  assert.ok(paces[0]! >= 10 && paces[3] === 0, paces.join(' '))
  assert.equal(capacity.bears(auto, idle, nobody).rate, 20)
})

test('the pace settles at the throughput divided by what a session asks for, and may find out that there is more', () => {
  const capacity = new Capacity()
  const facts = { limit: 20, inFlight: 15, queued: 0, rate: 80, potential: 0 }
  for (let second = 0; second < 600; second++) capacity.second(facts, 20)
  assert.ok(Math.abs(capacity.requestsPerSession - 4) < 0.5, `${capacity.requestsPerSession} requests a session`)
  const full = { ...facts, inFlight: 20, queued: 27 }
  const { rate } = capacity.bears(auto, full, { awaited: 20, coming: () => 20 })
  assert.ok(rate > 18 && rate < 22, `${rate} a second`)
  // The overdue are not counted on.
  assert.ok(capacity.bears(auto, full, { awaited: 100, coming: () => 0 }).rate > 36)
})

test('what the origin bore is remembered for a while, and forgotten when it bears less', () => {
  const capacity = new Capacity()
  for (let second = 0; second < 60; second++) capacity.second({ ...idle, rate: 400 }, 40)
  const busy = { ...idle, inFlight: 5, rate: 20 }
  capacity.second(busy, 2)
  const soon = capacity.bears(auto, busy, nobody).rate
  for (let second = 0; second < 600; second++) capacity.second(busy, 2)
  const later = capacity.bears(auto, busy, nobody).rate
  assert.ok(soon > 5 * later, `${soon}, then ${later}`)
})

test('before the origin was ever full it is known from how fast it answers what it could do, and those on their way count', () => {
  const capacity = new Capacity()
  const fast = { ...idle, limit: 4, potential: 40 }
  const rates = [0, 6, 24].map(coming => capacity.bears(auto, fast, { awaited: coming, coming: () => coming }).rate)
  assert.ok(
    rates[0]! >= 40 / capacity.requestsPerSession && rates[1]! < rates[0]! && rates[2]! < rates[1]! / 2,
    rates.join(' '),
  )
  assert.ok(capacity.bears(auto, { ...fast, inFlight: 4, queued: 30 }, nobody).rate < 1)
})
