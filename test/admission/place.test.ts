// What a visitor is told of their place: polls between 2 and 30 seconds that follow the expected wait and never come all at once, and
// an interval that holds the wait.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assert as check, double, integer, nat, property } from 'fast-check'
import { seeded } from '../../src/base/random.ts'
import { Board } from '../../src/board/board.ts'
import { RoomWord } from '../../src/board/rooms.ts'
import { placeAt, placeAtFront, withFirstPoll } from '../../src/admission/waiting/place.ts'

/** The board of a room where so many stand in front and so many are called in a second. */
function rowWith(ahead: number, perSecond: number) {
  const row = new Board().room(0)
  row.set(RoomWord.next, ahead + 1)
  row.set(RoomWord.rate, Math.round(perSecond * 1000))
  return row
}

const mean = (values: number[]): number => values.reduce((sum, each) => sum + each, 0) / values.length
const shared = rowWith(0, 0)

test('polls are 2 to 30 seconds apart, whatever the wait', () => {
  check(
    property(nat(1_000_000), double({ min: 0, max: 10_000, noNaN: true }), integer(), (ahead, rate, seed) => {
      shared.set(RoomWord.next, ahead + 1)
      shared.set(RoomWord.rate, Math.round(rate * 1000))
      const random = seeded(seed)
      const { next, estimate, ahead: told } = placeAt(shared, ahead, 0, random)
      assert.equal(told, ahead)
      for (const pause of [next, placeAtFront(ahead, random).next]) assert.ok(pause >= 2 && pause <= 30, `${pause} s`)
      if (estimate !== null) assert.ok(estimate[0] < estimate[1])
    }),
    { numRuns: 500 },
  )
})

test('the first poll comes soon, and no two at the same moment', () => {
  const random = seeded(4)
  const firsts = Array.from({ length: 200 }, () =>
    withFirstPoll(placeAt(rowWith(100_000, 10), 100_000, 0, random), random),
  )
  assert.ok(firsts.every(({ next }) => next >= 6 && next <= 10))
  assert.ok(new Set(firsts.map(({ next }) => next)).size > 20, 'spread')
  assert.ok(withFirstPoll(placeAt(rowWith(0, 10), 0, 0, random), random).next < 3, 'no later than otherwise')
})

test('who waits longer polls more rarely, and no two of a crowd at the same moment', () => {
  const random = seeded(3)
  const pauses = (ahead: number): number[] =>
    Array.from({ length: 200 }, () => placeAt(rowWith(ahead, 10), ahead, 0, random).next)
  const [soon, later, latest] = [pauses(100), pauses(2000), pauses(100_000)]
  assert.ok(mean(soon) < 3 && mean(later) > 8 && mean(later) < 12 && mean(latest) > 25)
  assert.ok(new Set(later).size > 20, 'spread')
})

test('the first in line is told when the next is called, and not that it is now', () => {
  const { estimate } = placeAt(rowWith(0, 1 / 30), 0, 0, seeded(1))
  assert.ok(estimate !== null && estimate[0] === 0 && estimate[1] >= 30, String(estimate))
})

test('the interval holds the wait that the pace of calling makes', () => {
  check(
    property(integer({ min: 1, max: 500_000 }), integer({ min: 1, max: 1000 }), (ahead, rate) => {
      shared.set(RoomWord.next, ahead + 1)
      shared.set(RoomWord.rate, rate * 1000)
      const wait = ahead / rate
      const { estimate } = placeAt(shared, ahead, 0, seeded(1))
      if (wait > 86_400) assert.equal(estimate, null)
      else assert.ok(estimate !== null && estimate[0] <= wait && wait <= estimate[1], `${wait} in ${String(estimate)}`)
    }),
    { numRuns: 300 },
  )
})
