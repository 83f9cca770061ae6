// Places on the board, as several edges take them at once.

import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { Board, FlightWord, GlobalWord, OriginWord } from '../../src/board/board.ts'
import { Places } from '../../src/board/places.ts'
import type { Permit } from '../../src/exchange.ts'

function edges(count: number, limits: number[], streams = 2) {
  const board = new Board()
  Atomics.store(board.global, GlobalWord.slots, count)
  const freed: number[] = []
  const rows = limits.map((limit, index) => {
    Atomics.store(board.origin(index), OriginWord.limit, limit)
    return { index, site: 'main', url: `http://127.0.0.1:${index + 1}`, state: 'up' as const }
  })
  const all = Array.from({ length: count }, (_, slot) => {
    const places = new Places({ board, slot, streams, freed: origin => void freed.push(origin) })
    places.update(rows)
    return places
  })
  return { board, freed, edges: all }
}

const takeAll = (all: Places[]): Permit[] => {
  const permits: Permit[] = []
  for (let tries = 0; tries < 100; tries++) {
    const permit = all[tries % all.length]!.take('main')
    if (permit !== undefined) permits.push(permit)
  }
  return permits
}

test('edges together take as many places as the limit says, and not one more', () => {
  const { edges: all, board } = edges(3, [8])
  const permits = takeAll(all)
  assert.equal(permits.length, 8)
  assert.equal(all[0]!.inFlight(0), 8)
  for (const permit of permits) permit.free()
  assert.equal(all[0]!.inFlight(0), 0)
  assert.equal(Atomics.load(board.flight(1, 0), FlightWord.inFlight), 0)
})

test('origins are loaded in proportion to their limits, and one without a limit gets nothing', () => {
  const { edges: all } = edges(2, [10, 30, 0])
  const permits: Permit[] = []
  for (let i = 0; i < 20; i++) permits.push(all[i % 2]!.take('main')!)
  const loads = [0, 1, 2].map(origin => permits.filter(permit => permit.origin === origin).length)
  assert.deepEqual(loads, [5, 15, 0])
})

test('nobody takes a place past those who wait, and they are told of every place that becomes free', () => {
  const { edges: all, board, freed } = edges(1, [2])
  const permit = all[0]!.take('main')!
  assert.deepEqual(freed, [])
  Atomics.store(board.origin(0), OriginWord.waiting, 1)
  assert.equal(all[0]!.take('main'), undefined)
  permit.free()
  assert.deepEqual(freed, [0, 0])
})

test('edges together take no more for a class than it may have, over all origins, and others go on', () => {
  const { edges: all, board } = edges(2, [4, 4])
  for (const places of all) places.boundClasses(new Map([['main', [undefined, 3]]]))
  const taken = Array.from({ length: 6 }, (_, i) => all[i % 2]!.take('main', { routeClass: 1 }))
  const permits = taken.filter(permit => permit !== undefined)
  assert.equal(permits.length, 3)
  assert.equal(all[0]!.inFlight(0) + all[0]!.inFlight(1), 3, 'what was too many is given back')
  assert.ok(all[1]!.take('main') !== undefined)
  permits[0]!.free()
  assert.ok(all[1]!.take('main', { routeClass: 1 }) !== undefined)
  const words = [0, 1].flatMap(slot =>
    [0, 1].map(origin => board.flight(slot, origin)[FlightWord.inFlightByClass + 1]!),
  )
  assert.equal(
    words.reduce((a, b) => a + b),
    3,
  )
})

test('a stream leaves the limit while its own bound has room, over all edges', () => {
  const { edges: all, board } = edges(2, [3])
  const permits = takeAll(all)
  assert.deepEqual(
    permits.map(permit => permit.leaveLimit()),
    [true, true, false],
  )
  assert.equal(permits[0]!.leaveLimit(), true)
  assert.equal(all[0]!.inFlight(0), 1)
  for (const permit of permits) permit.free()
  assert.equal(all[0]!.inFlight(0), 0)
  assert.equal(Atomics.load(board.flight(0, 0), FlightWord.streams), 0)
  assert.equal(Atomics.load(board.flight(1, 0), FlightWord.streams), 0)
})
