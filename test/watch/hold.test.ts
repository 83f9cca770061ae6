// When a site goes into a spike by itself, and when it comes out: after one whole while of calm, never flapping.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { nextSecond, quiet } from '../../src/watch/alerts/onset.ts'
import { nextHold, out, overruled } from '../../src/watch/spikes/hold.ts'
import type { Hold } from '../../src/watch/spikes/hold.ts'
import { loadOf } from '../../src/watch/site-load.ts'
import { begunBetween } from '../../src/watch/spikes/rates.ts'

const LEAVE_AFTER = 300

/** A site whose usual rate is 100 a second, and then these rates, a second each. */
function* site(rates: Iterable<number>, loaded: (second: number) => boolean = () => false): Generator<Hold> {
  let [onset, hold, second] = [quiet, out, 0]
  for (let i = 0; i < 600; i++) onset = nextSecond(onset, 100)
  for (const rate of rates) {
    onset = nextSecond(onset, rate)
    hold = nextHold(hold, { onset, isLoaded: loaded(second++) }, LEAVE_AFTER)
    yield hold
  }
}

const seconds = (rate: number, count: number): number[] => Array.from({ length: count }, () => rate)
const changes = (holds: Hold[]): number => holds.filter(({ state }, i) => i > 0 && state !== holds[i - 1]!.state).length

test('three times as many: in within three seconds, and out after five minutes of calm', () => {
  const holds = [...site([...seconds(300, 120), ...seconds(100, 600)])]
  assert.ok(holds.findIndex(({ state }) => state === 'in') <= 2)
  assert.equal(holds[119]!.state, 'in')
  assert.equal(holds.findLastIndex(({ state }) => state === 'in') + 1, 120 + LEAVE_AFTER - 1)
})

test('a crowd that comes and goes does not make it flap', () => {
  const waves = Array.from({ length: 20 }, () => [...seconds(500, 30), ...seconds(100, 120)]).flat()
  assert.equal(changes([...site(waves)]), 1)
})

test('while somebody waits for an origin it is not over', () => {
  const holds = [...site([...seconds(400, 60), ...seconds(100, 900)], second => second < 500)]
  assert.equal(holds.findLastIndex(({ state }) => state === 'in') + 1, 500 + LEAVE_AFTER - 1)
})

test('whatever comes, two changes out of a spike are so far apart as it has to be calm', () => {
  const rates = fc.array(
    fc.record({ rate: fc.integer({ min: 0, max: 2000 }), for: fc.integer({ min: 1, max: 400 }) }),
    {
      maxLength: 20,
    },
  )
  fc.assert(
    fc.property(rates, parts => {
      const holds = [...site(parts.flatMap(part => seconds(part.rate, part.for)))]
      for (const [i, { state }] of holds.entries()) {
        if (state !== 'out' || holds[i - 1]?.state !== 'in') continue
        const since = holds.slice(0, i).findLastIndex(hold => hold.state === 'out')
        assert.ok(i - since > LEAVE_AFTER, `in at ${since + 1}, out at ${i}`)
      }
    }),
    { numRuns: 60 },
  )
})

test('what a person says holds for as long as the spike, and the next one counts again', () => {
  let onset = quiet
  for (let i = 0; i < 600; i++) onset = nextSecond(onset, 100)
  const play = (hold: Hold, rate: number, count: number): Hold => {
    let last = hold
    for (let i = 0; i < count; i++) {
      onset = nextSecond(onset, rate)
      last = nextHold(last, { onset, isLoaded: false }, LEAVE_AFTER)
    }
    return last
  }
  let hold = play(out, 500, 10)
  assert.equal(hold.state, 'in')
  hold = play(overruled(hold, onset), 500, 100)
  assert.equal(hold.state, 'overruled')
  hold = play(hold, 100, 120)
  assert.equal(hold.state, 'out')
  assert.equal(play(hold, 500, 10).state, 'in')
  assert.deepEqual(overruled(out, quiet), out, 'without a spike there is nothing to hold against')
})

const taken = (satisfied: number) => ({ satisfied, tolerating: 0, frustrated: 0 })

test('what begins at a site is what ended there and what is open besides', () => {
  assert.equal(begunBetween({ taken: taken(10), open: 0 }, { taken: taken(40), open: 70 }), 100)
  assert.equal(begunBetween({ taken: taken(40), open: 70 }, { taken: taken(110), open: 0 }), 0)
  const origin = { index: 0, state: 'up', ailing: false, streams: 0, good: 0, bad: 0, timeouts: 0, resets: 0 } as const
  const row = (site: string, inFlight: number, waiting: number) => ({
    ...{ ...origin, site, url: '', limit: 8, inFlight, waiting, firstByteMs: 0 },
  })
  const origins = [row('a', 8, 5), row('a', 7, 5), row('b', 1, 0)]
  assert.deepEqual(loadOf('a', origins), { open: 20, limit: 16, waiting: 5, up: 2 })
})
