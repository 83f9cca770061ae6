// What is read from the board, and what is made of it.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ManualClock } from '../../src/base/clock.ts'
import { Board, FlightWord, GlobalWord, Latency, OriginWord, latencyBucket } from '../../src/board/board.ts'
import { counterIndex } from '../../src/board/counters.ts'
import { countBelow, summarize } from '../../src/watch/latencies.ts'
import { Sampler } from '../../src/watch/sampler.ts'

function twoEdges() {
  const board = new Board()
  board.global[GlobalWord.slots] = 2
  const clock = new ManualClock()
  const sampler = new Sampler(board, clock)
  const pass = (ms: number) => {
    clock.advance(ms)
    sampler.sample()
  }
  const record = (slot: number, us: number, times = 1) => {
    board.latency(slot, Latency.fastLane)[latencyBucket(us)]! += times
  }
  return { board, sampler, pass, record }
}

describe('sampler', () => {
  it('adds up all edges and tells the rate over the time that passed', () => {
    const { board, sampler, pass } = twoEdges()
    board.edge(0)[counterIndex.hit] = 100
    board.edge(1)[counterIndex.hit] = 50
    pass(2000)
    assert.equal(sampler.total('hit'), 150)
    assert.equal(sampler.rate('hit'), 75)
    pass(1000)
    assert.equal(sampler.total('hit'), 150)
    assert.equal(sampler.rate('hit'), 0)
  })

  it('counts on when a 32-bit counter wraps', () => {
    const { board, sampler, pass } = twoEdges()
    const row = board.edge(1)
    row[counterIndex.bytesOut] = 2 ** 32 - 10
    pass(1000)
    assert.equal(sampler.total('bytesOut'), 2 ** 32 - 10)
    row[counterIndex.bytesOut] = 90
    pass(1000)
    assert.equal(sampler.total('bytesOut'), 2 ** 32 + 90)
    assert.equal(sampler.rate('bytesOut'), 100)
  })

  it('shows a level as it is now', () => {
    const { board, sampler, pass } = twoEdges()
    board.edge(0)[counterIndex.connections] = 7
    board.edge(1)[counterIndex.connections] = 3
    pass(1000)
    board.edge(0)[counterIndex.connections] = 2
    pass(1000)
    assert.equal(sampler.total('connections'), 5)
  })

  it('tells percentiles of the last ten looks, and counts all durations since start', () => {
    const { sampler, pass, record } = twoEdges()
    record(0, 50_000, 100)
    pass(1000)
    for (let i = 0; i < 10; i++) {
      record(1, 1000, 10)
      pass(1000)
    }
    const recent = summarize(sampler.recentDurations('fastLane'))
    assert.equal(recent.count, 100)
    assert.ok(Math.abs(recent.p99! - 1) < 0.0625, `${recent.p99} ms`)
    const since = summarize(sampler.durations('fastLane'))
    assert.equal(since.count, 200)
    assert.ok(Math.abs(since.p99! / 50 - 1) < 0.0625, `${since.p99} ms`)
  })

  it('has no percentile where nothing was counted', () => {
    const { sampler, pass } = twoEdges()
    pass(1000)
    assert.deepEqual(summarize(sampler.recentDurations('slowLane')), { count: 0, p50: null, p95: null, p99: null })
  })

  it('counts exactly below a power of two', () => {
    const { sampler, pass, record } = twoEdges()
    for (const us of [0, 7, 8, 63, 64, 1023, 1024, 2 ** 25]) record(0, us)
    pass(1000)
    const counts = sampler.durations('fastLane')
    assert.deepEqual(
      [8, 64, 1024, 2048, 2 ** 26].map(us => countBelow(counts, us)),
      [2, 4, 6, 7, 8],
    )
  })

  it('shows what the limiter sees of an origin, and begins its sums anew for another one', () => {
    const { board, sampler, pass } = twoEdges()
    board.origin(3)[OriginWord.limit] = 8
    board.flight(0, 3)[FlightWord.inFlight] = 2
    board.flight(1, 3)[FlightWord.inFlight] = 3
    board.flight(1, 3)[FlightWord.timeouts] = 4
    pass(1000)
    const { limit, inFlight, timeouts } = sampler.origin(3)
    assert.deepEqual({ limit, inFlight, timeouts }, { limit: 8, inFlight: 5, timeouts: 4 })
    sampler.forgetOrigin(3)
    assert.equal(sampler.origin(3).timeouts, 0)
  })
})
