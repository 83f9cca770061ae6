// Counting connections by address: never too few, hardly ever too many, and nothing left of an edge that died.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConnectionCounts, SKETCH_BYTES } from '../../src/board/sketch.ts'

const EDGES = 4
const house = () => {
  const memory = new SharedArrayBuffer(EDGES * SKETCH_BYTES)
  return (slot: number) => new ConnectionCounts(memory, 0, EDGES, slot, 4711)
}

test('counts an address over all edges, and forgets those of an edge that begins anew', () => {
  const edge = house()
  const [first, second] = [edge(0), edge(1)]
  for (let i = 1; i <= 5; i++) assert.equal(first.add('192.0.2.1', 2), i)
  assert.equal(second.add('192.0.2.1', 2), 6)
  assert.equal(second.add('192.0.2.2', 2), 1)
  first.remove('192.0.2.1')
  assert.equal(second.add('192.0.2.1', 2), 6)
  edge(0).clear()
  assert.equal(second.add('192.0.2.1', 2), 3)
})

test('20,000 connections from as many addresses make hardly any count too high', context => {
  const counts = house()(0)
  const seen = Array.from({ length: 20_000 }, (_, i) => counts.add(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, 1))
  assert.ok(Math.min(...seen) >= 1)
  const over = seen.filter(count => count > 4).length
  context.diagnostic(`highest count ${Math.max(...seen)}, ${over} above 4`)
  assert.ok(over < 40, `${over} above 4`)
})
