// The queue in front of the origins: fair, bounded, and never more in flight than the limit.

import assert from 'node:assert/strict'
import test from 'node:test'
import { ManualClock } from '../../src/base/clock.ts'
import { seeded } from '../../src/base/random.ts'
import { Board, FlightWord, GlobalWord, OriginWord } from '../../src/board/board.ts'
import { Ledger } from '../../src/core/ledger.ts'
import { Permits } from '../../src/core/permits.ts'
import type { Claim } from '../../src/core/permits.ts'

function site({ length = 10, limits = [2] } = {}) {
  const board = new Board()
  board.global[GlobalWord.slots] = 2
  const clock = new ManualClock()
  const permits = new Permits(new Ledger(board), seeded(2), clock, {
    length,
    wait: 1000,
    overloaded: 1000,
    patience: 1000,
  })
  const bear = (limits: number[]): void =>
    permits.bear(limits.map((limit, index) => ({ index, limit, isOpen: limit > 0, isAiling: false })))
  bear(limits)
  const log: string[] = []
  const ask = (name: string, until = 1000, routeClass = 0): Claim => {
    const claim: Claim = {
      slot: 0,
      until,
      routeClass,
      rank: 3,
      isPatient: true,
      granted: origin => log.push(`${name} to ${origin}`),
      refused: (reason, retryAfter) => log.push(`${name} ${reason} ${retryAfter}`),
      expired: () => {
        log.push(`${name} late`)
        return false
      },
    }
    permits.ask(claim)
    return claim
  }
  const free = (origin: number, routeClass = 0): void => {
    Atomics.sub(board.flight(0, origin), FlightWord.inFlightByClass + routeClass, 1)
    Atomics.sub(board.flight(0, origin), FlightWord.inFlight, 1)
    permits.serve()
  }
  return { board, clock, permits, bear, log, ask, free }
}

test('first come, first served, and what waits is told on the board', () => {
  const { board, log, ask, free } = site({ limits: [1] })
  for (const name of ['a', 'b', 'c']) ask(name)
  assert.equal(board.origin(0)[OriginWord.waiting], 2)
  free(0)
  free(0)
  assert.deepEqual(log, ['a to 0', 'b to 0', 'c to 0'])
  assert.equal(board.origin(0)[OriginWord.waiting], 0)
})

test('what edges have taken by themselves counts against the limit', () => {
  const { board, log, ask } = site({ limits: [2] })
  board.flight(1, 0)[FlightWord.inFlight] = 2
  ask('a')
  assert.deepEqual(log, [])
  assert.equal(board.flight(0, 0)[FlightWord.inFlight], 0)
})

test('one more than the queue is long is refused, with a time to come back that is not the same for all', () => {
  const { log, ask } = site({ limits: [1], length: 1 })
  for (let i = 0; i < 42; i++) ask(`${i}`)
  const refused = log.filter(line => line.includes('queue-full'))
  assert.equal(refused.length, 40)
  const seconds = refused.map(line => Number(line.split(' ').at(-1)))
  assert.ok(seconds.every(s => s >= 1 && s <= 30))
  assert.ok(new Set(seconds).size > 5, seconds.join(' '))
})

test('who waited its time is let go, who leaves is taken out', () => {
  const { permits, log, ask } = site({ limits: [1] })
  ask('a')
  ask('b', 500)
  const c = ask('c', 2000)
  permits.expire(1000)
  permits.cancel(c)
  assert.deepEqual(log, ['a to 0', 'b late'])
  assert.equal(permits.waiting, 0)
})

test('each request goes to the origin with the least in flight for its limit', () => {
  const { log, ask } = site({ limits: [2, 4] })
  for (let i = 0; i < 6; i++) ask('x')
  const to = (origin: number): number => log.filter(line => line.endsWith(`to ${origin}`)).length
  assert.deepEqual([to(0), to(1)], [2, 4])
})

test('without any origin that bears something a request is refused, and one that was waiting goes on when one comes', () => {
  const { bear, log, ask } = site({ limits: [1] })
  ask('a')
  ask('b')
  bear([0])
  ask('c')
  assert.match(log.at(-1)!, /^c no-origin/)
  bear([0, 1])
  assert.equal(log.at(-1), 'b to 1')
})

test('an origin that leaves is not left with somebody waiting for it', () => {
  const { board, bear, ask } = site({ limits: [1, 1] })
  for (const name of ['a', 'b', 'c']) ask(name)
  assert.equal(board.origin(1)[OriginWord.waiting], 1)
  bear([1])
  assert.equal(board.origin(1)[OriginWord.waiting], 0)
  assert.equal(board.origin(0)[OriginWord.waiting], 1)
})

test('a class with a number of its own never has more in flight, and keeps no place from the others', () => {
  const { board, permits, log, ask, free } = site({ limits: [3] })
  permits.divide([{}, { concurrency: 1 }])
  for (const name of ['search', 'second', 'third']) ask(name, 1000, 1)
  ask('page')
  ask('other')
  assert.deepEqual(log, ['search to 0', 'page to 0', 'other to 0'])
  ask('one more')
  free(0)
  assert.deepEqual(log.slice(3), ['one more to 0'], 'those of the class wait for each other, not for places')
  free(0, 1)
  assert.deepEqual(log.slice(4), ['second to 0'])
  assert.equal(board.flight(0, 0)[FlightWord.inFlightByClass + 1], 1)
  assert.equal(board.flight(0, 0)[FlightWord.inFlight], 3)
})

test('who waits for another of their class to end does not make the limit of the origin grow', () => {
  const { clock, permits, ask } = site({ limits: [3] })
  permits.divide([{}, { concurrency: 1 }])
  ask('search', 1000, 1)
  ask('second', 1000, 1)
  permits.takeWaited()
  clock.advance(250)
  assert.equal(permits.takeWaited().all, 0)
  for (const name of ['a', 'b', 'c']) ask(name)
  permits.takeWaited()
  clock.advance(250)
  assert.equal(permits.takeWaited().all, 1)
})
