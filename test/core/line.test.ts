// A class's queue: priorities, a short time and the newest first once it stands, order and time for whoever is promised them.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Line } from '../../src/core/line.ts'
import type { Claim } from '../../src/core/permits.ts'

const settings = { length: 4, wait: 1000, overloaded: 50 }

const ignore = (): void => {}

function claim(rank = 3, isPatient = false, until = 5000): Claim {
  return { slot: 0, until, routeClass: 0, rank, isPatient, granted: ignore, refused: ignore, expired: () => false }
}

/** Claims, each let in at its time. */
function lineOf(...entries: (readonly [Claim, number])[]): Line {
  const line = new Line()
  for (const [each, at] of entries) assert.equal(line.join(each, settings, at), null)
  return line
}

test('the better priority goes first, and within one who came first', () => {
  const [visitor, later, write, payment] = [claim(), claim(), claim(1, true), claim(0, true)]
  const line = lineOf([visitor, 0], [later, 1], [write, 2], [payment, 3])
  const order: Claim[] = []
  for (let next = line.next(settings, 10); next !== undefined; next = line.next(settings, 10)) {
    order.push(next)
    line.served(next)
  }
  assert.deepEqual(
    order.map(each => [payment, write, visitor, later].indexOf(each)),
    [0, 1, 2, 3],
  )
})

test('one waits a second; once somebody has, 50 ms, and who came last goes first', () => {
  const [early, late] = [claim(), claim()]
  const line = lineOf([early, 0], [late, 960])
  assert.deepEqual(line.late(settings, 999), [])
  assert.equal(line.next(settings, 999), early)
  assert.equal(line.next(settings, 1000), late)
  assert.deepEqual(line.late(settings, 1000), [early])
  assert.deepEqual(line.late(settings, 1010), [early, late])
})

test('a queue that was empty in between has not stood', () => {
  const [early, late] = [claim(), claim()]
  const line = lineOf([early, 0])
  line.served(early)
  assert.equal(line.join(late, settings, 900), null)
  assert.deepEqual(line.late(settings, 1500), [])
})

test('a queue that stands but moves on is no overload, however long it stands', () => {
  const line = new Line()
  const waiting: Claim[] = []
  // A hundred visitors who come again as soon as they are served, and an origin that serves one each 9 ms.
  for (let at = 0; at < 20_000; at++) {
    while (waiting.length < 100) {
      const one = claim(3, false, Infinity)
      waiting.push(one)
      line.join(one, { ...settings, length: 200 }, at)
    }
    assert.deepEqual(line.late(settings, at), [], `at ${at} ms`)
    if (at % 9 !== 0) continue
    const next = line.next(settings, at)!
    line.served(next)
    waiting.splice(waiting.indexOf(next), 1)
  }
})

test('after a stall those who come again at once are let wait, though the queue was never empty', () => {
  const line = new Line()
  const waiting = new Set<Claim>()
  let late = 0
  for (let at = 0; at < 40_000; at++) {
    while (waiting.size < 100) {
      const one = claim(3, false, Infinity)
      waiting.add(one)
      line.join(one, { ...settings, length: 200 }, at)
    }
    for (const one of line.late(settings, at)) {
      line.leave(one)
      waiting.delete(one)
      if (at > 20_000) late++
    }
    if (at < 3_000 || at % 2 !== 0) continue
    const next = line.next(settings, at)
    if (next === undefined) continue
    line.served(next)
    waiting.delete(next)
  }
  assert.equal(late, 0)
})

test('ten times too many are let wait 50 ms all the time, but for the trials whether that is over', () => {
  const line = new Line()
  let [shed, long] = [0, 0]
  const came = new Map<Claim, number>()
  for (let at = 0; at < 60_000; at++) {
    const one = claim(3, false, Infinity)
    came.set(one, at)
    line.join(one, { ...settings, length: 2000 }, at)
    for (const each of line.late(settings, at)) {
      line.leave(each)
      if (at < 2_000) continue
      shed++
      if (at - came.get(each)! > 60) long++
    }
    const next = at % 10 === 0 ? line.next(settings, at) : undefined
    if (next !== undefined) line.served(next)
  }
  assert.ok(long < 0.03 * shed, `${long} of ${shed} waited longer`)
})

test('whoever is promised something keeps their order and their time', () => {
  const [first, second, visitor] = [claim(2, true), claim(2, true), claim()]
  const line = lineOf([first, 0], [second, 500], [visitor, 900])
  assert.equal(line.next(settings, 3000), first)
  assert.deepEqual(line.late(settings, 3000), [visitor])
  assert.deepEqual(line.late(settings, 5000), [first, second, visitor])
})

test('when it is full, the worst has to go for a better one; overloaded, who came first for who comes', () => {
  const [a, b, c, crawler] = [claim(), claim(), claim(), claim(4)]
  const line = lineOf([a, 0], [b, 1], [c, 2], [crawler, 3])
  assert.equal(line.join(claim(0, true), settings, 4), crawler)
  const one = claim()
  assert.equal(line.join(one, settings, 5), one)
  assert.equal(line.join(claim(), settings, 2000), a)
})

test('one turn in ten is for who waits longest, whatever their priority', () => {
  const line = new Line()
  const crawler = claim(4)
  line.join(crawler, settings, 0)
  let turns = 0
  for (let served: Claim | undefined; served !== crawler; turns++) {
    line.join(claim(1, true), settings, 1)
    served = line.next(settings, 2)!
    line.served(served)
  }
  assert.ok(turns <= 10, `${turns}`)
})
