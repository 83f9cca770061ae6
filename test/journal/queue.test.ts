// What waits for the disk, and its bound.

import assert from 'node:assert/strict'
import test from 'node:test'
import { Queue } from '../../src/journal/queue.ts'

const record = { ref: 1, serial: 1, hash: 1 }
const frame = (bytes: number): Buffer => Buffer.alloc(bytes)

test('records find room up to the bound, and one of any size where nothing waits', () => {
  const queue = new Queue(1000)
  assert.equal(queue.hasRoom(5000), true)
  queue.add({ frame: frame(600), record })
  assert.equal(queue.hasRoom(400), true)
  assert.equal(queue.hasRoom(401), false)
  queue.take(1)
  assert.equal(queue.hasRoom(1000), true)
})

test('removals go beyond the bound until they alone would fill it', () => {
  const queue = new Queue(1000)
  queue.add({ frame: frame(1000), record })
  queue.add({ frame: frame(1000), record: null })
  assert.equal(queue.isOverrun, false)
  queue.add({ frame: frame(1), record: null })
  assert.equal(queue.isOverrun, true)
  queue.take(2000)
  assert.equal(queue.isOverrun, false)
})

test('whoever waits gets word with the batch that holds all before it', () => {
  const queue = new Queue(1000)
  const said: string[] = []
  queue.add({ frame: frame(10), record })
  queue.add({ frame: frame(10), record: null })
  queue.add({ done: () => said.push('waited'), durable: true })
  queue.add({ frame: frame(10), record })
  const first = queue.take(15)
  assert.deepEqual([first.frames.length, first.removals, first.durable, first.done.length], [2, true, false, 0])
  const second = queue.take(15)
  assert.deepEqual([second.frames.length, second.removals, second.durable, second.done.length], [1, false, true, 1])
  assert.equal(queue.isEmpty, true)
  queue.add({ done: () => said.push('cleared'), durable: false })
  for (const done of queue.clear()) done()
  assert.deepEqual(said, ['cleared'])
})
