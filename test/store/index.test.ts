// The index of the store: what is put in is found, what is taken out is not, however often records come and go.

import assert from 'node:assert/strict'
import test from 'node:test'
import { below, seeded } from '../../src/base/random.ts'
import { StoreIndex, indexBytes } from '../../src/store/index.ts'
import { hashKey } from '../../src/store/keys.ts'
import { HEADER_BYTES, UNIT, Word } from '../../src/store/layout.ts'
import { Segments, makeSegments } from '../../src/store/segments.ts'

const RECORD_UNITS = 3
const NOTHING = new Uint8Array(0)

/** An index over records that have a key and nothing else, all of them prepared in memory. */
function prepared(records: number): { index: StoreIndex; keys: Uint8Array[]; refOf: (i: number) => number } {
  const segments = new Segments(makeSegments((records + 1) * RECORD_UNITS * UNIT))
  const index = new StoreIndex(new SharedArrayBuffer(indexBytes(512)), segments)
  const keys = Array.from({ length: records }, (_, i) => Buffer.from(`key ${i}`))
  const refOf = (i: number): number => 1 + i * RECORD_UNITS
  for (const [i, key] of keys.entries()) {
    segments.setWord(refOf(i), Word.keyLength, key.length)
    segments.bytes[0]!.set(key, segments.byteOf(refOf(i)) + HEADER_BYTES)
  }
  return { index, keys, refOf }
}

test('after 40 turnovers of a half-full table every record is found, no other is, and half of the slots are empty', () => {
  const { index, keys, refOf } = prepared(4096)
  const random = seeded(5)
  const hash = (i: number): number => hashKey(index.seed, keys[i]!)
  const find = (i: number): number => index.find(hash(i), NOTHING, keys[i]!, 0, keys[i]!.length)
  const within: number[] = []
  const without = keys.map((_, i) => i)
  const putOne = (): void => {
    const [i] = without.splice(below(random, without.length), 1)
    assert.ok(index.insert(hash(i!), refOf(i!)))
    within.push(i!)
  }
  while (within.length < index.slots / 2) putOne()
  for (let turn = 0; turn < 40 * within.length; turn++) {
    const [i] = within.splice(below(random, within.length), 1)
    index.remove(index.slotOf(hash(i!), refOf(i!)))
    without.push(i!)
    putOne()
  }
  for (const i of within) assert.equal(find(i), refOf(i))
  for (const i of without) assert.equal(find(i), 0)
  const used = index.words.subarray(16).filter((word, at) => at % 2 === 0 && word !== 0).length
  assert.equal(used, index.slots / 2)
  assert.deepEqual(new Set(index.refs()), new Set(within.map(i => refOf(i))))
})

test('a slot can be pointed at a newer record with the same key', () => {
  const { index, keys, refOf } = prepared(2)
  const hash = hashKey(index.seed, keys[0]!)
  index.insert(hash, refOf(0))
  index.replace(index.slotOf(hash, refOf(0)), refOf(1))
  assert.equal(index.slotOf(hash, refOf(0)), -1)
  assert.notEqual(index.slotOf(hash, refOf(1)), -1)
})
