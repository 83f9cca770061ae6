// Whose turn it is at the origins: the pure scheduler, against any load that fast-check thinks of.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { classInTurn, sharesOf } from '../../src/core/turns.ts'

const classes = fc.array(
  fc.record({
    share: fc.option(fc.double({ min: 0.01, max: 0.3, noNaN: true }), { nil: undefined }),
    rank: fc.integer({ min: 0, max: 4 }),
    /** Asks that wait at the start. */
    waiting: fc.integer({ min: 0, max: 60 }),
    /** Comes again as often as it is served. */
    isEndless: fc.boolean(),
  }),
  { minLength: 1, maxLength: 8 },
)

interface Play {
  inFlight: number[]
  served: number[]
  waiting: number[]
}

/** Serves while places are free, then ends what has been there longest; `watch` sees each state in which nothing more fits. */
function play(
  given: { share: number | undefined; rank: number; waiting: number; isEndless: boolean }[],
  limit: number,
  steps: number,
  watch: (play: Play) => void,
) {
  const shares = sharesOf(given.map(({ share }) => share))
  const state: Play = {
    inFlight: given.map(() => 0),
    served: given.map(() => 0),
    waiting: given.map(({ waiting }) => waiting),
  }
  const passed = given.map(() => 0)
  const there: number[] = []
  for (let step = 0; step < steps; step++) {
    while (there.length < limit) {
      const standings = given.map(({ rank }, i) => ({
        share: shares[i]!,
        inFlight: state.inFlight[i]!,
        rank: state.waiting[i]! > 0 ? rank : undefined,
        passed: passed[i]!,
      }))
      const turn = classInTurn(standings, limit)
      if (turn === -1) break
      if (!given[turn]!.isEndless) state.waiting[turn]! -= 1
      state.inFlight[turn]! += 1
      passed[turn]! += 1 / shares[turn]!
      state.served[turn]! += 1
      there.push(turn)
    }
    watch(state)
    const ended = there.shift()
    if (ended !== undefined) state.inFlight[ended]! -= 1
  }
  return { ...state, shares }
}

test('no place is free while anybody waits, in whatever class', () => {
  fc.assert(
    fc.property(classes, fc.integer({ min: 1, max: 40 }), (given, limit) => {
      play(given, limit, 200, ({ inFlight, waiting }) => {
        const used = inFlight.reduce((a, b) => a + b, 0)
        assert.ok(used === limit || waiting.every(each => each === 0))
      })
    }),
  )
})

test('a class that waits all the time comes to have its share of the places, to within one for each other class', () => {
  fc.assert(
    fc.property(classes, fc.integer({ min: 1, max: 40 }), (given, limit) => {
      // What was lent before it came is back when those requests have ended: as many as there are places.
      let steps = 0
      const { shares } = play(given, limit, 0, () => {})
      play(given, limit, 300, ({ inFlight }) => {
        if (steps++ < 2 * limit + 60 * given.length) return
        for (const [i, { isEndless, waiting }] of given.entries())
          if (isEndless && waiting > 0) assert.ok(inFlight[i]! >= Math.floor(shares[i]! * limit) - (given.length - 1))
      })
    }),
  )
})

test('nobody starves: every class that waits all the time is served, however good the priority of others', () => {
  fc.assert(
    fc.property(classes, fc.integer({ min: 1, max: 10 }), (given, limit) => {
      const { served } = play(given, limit, 2000, () => {})
      for (const [i, { isEndless, waiting }] of given.entries()) if (isEndless && waiting > 0) assert.ok(served[i]! > 0)
    }),
    { numRuns: 50 },
  )
})

test('shares add up to all there is, and what is not set has what the others leave', () => {
  assert.deepEqual(sharesOf([undefined]), [1])
  assert.deepEqual(
    sharesOf([undefined, 0.3, undefined, 0.1]).map(share => Number(share.toFixed(6))),
    [0.3, 0.3, 0.3, 0.1],
  )
  fc.assert(
    fc.property(
      fc.array(fc.option(fc.double({ min: 0.01, max: 0.9, noNaN: true }), { nil: undefined }), {
        minLength: 1,
        maxLength: 8,
      }),
      set => {
        const shares = sharesOf(set)
        assert.ok(Math.abs(shares.reduce((a, b) => a + b, 0) - 1) < 1e-9)
        assert.ok(shares.every(share => share > 0))
      },
    ),
  )
})
