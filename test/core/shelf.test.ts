// The store as core keeps it: publishing, replacing, evicting, and when a place may be used again.

import assert from 'node:assert/strict'
import test from 'node:test'
import { below, seeded } from '../../src/base/random.ts'
import { EdgeWord } from '../../src/board/board.ts'
import { Hazards } from '../../src/store/hazards.ts'
import { variantSuffix } from '../../src/store/keys.ts'
import { Flag, State, Time, Word } from '../../src/store/layout.ts'
import { SmallStore, key } from './store-parts.ts'

const KIB = 1024

test('a published record is found under its key, and a newer one with the same key takes its place', () => {
  const store = new SmallStore(1)
  const first = store.store('a', 100)
  assert.equal(store.find('a'), first)
  const second = store.store('a', 200)
  assert.notEqual(second, first)
  assert.equal(store.find('a'), second)
  assert.equal(store.segments.word(first, Word.state), State.retired)
  assert.equal(store.shelf.counts.records, 1)
})

test('a retired place is not used again before every serving edge has acknowledged a later epoch', () => {
  const store = new SmallStore(1, { serving: 2 })
  for (const slot of [0, 1]) store.acknowledge(slot)
  store.shelf.turn(true)
  const first = store.store('a', 100)
  store.store('a', 100)
  assert.equal(store.shelf.turn(true), false)
  store.acknowledge(0)
  assert.equal(store.shelf.turn(true), false, 'edge 1 may still read it')
  store.acknowledge(1)
  assert.equal(store.shelf.turn(true), true)
  assert.equal(store.fill('b', 100), first, 'the place is used again')
})

test('what a dead edge was filling is free once no other edge can be reading it', () => {
  const store = new SmallStore(1, { serving: 1 })
  store.acknowledge(0)
  store.shelf.turn(true)
  const before = store.shelf.counts.bytesUsed
  assert.notEqual(store.fill('half', 50 * KIB), 0)
  store.shelf.edgeGone(0)
  store.shelf.turn(true)
  assert.ok(store.shelf.counts.bytesUsed > before)
  store.acknowledge(0)
  store.shelf.turn(true)
  assert.equal(store.shelf.counts.bytesUsed, before)
})

test('a hazard keeps a place from being used again for as long as it is held', () => {
  const store = new SmallStore(1)
  const hazards = new Hazards(store.hazards, 2)
  const ref = store.store('a', 100)
  const handle = hazards.hold(ref)
  store.shelf.invalidate(key('a'))
  assert.equal(store.shelf.turn(true), false)
  hazards.release(handle)
  assert.equal(store.shelf.turn(true), true)
})

test('places are published only by the edge that took them, and only once', () => {
  const store = new SmallStore(1)
  const ref = store.fill('a', 100, { slot: 1 })
  assert.equal(store.shelf.publish(0, ref), false)
  assert.equal(store.shelf.publish(1, ref), true)
  assert.equal(store.shelf.publish(1, ref), false)
  store.shelf.giveBack(1, ref)
  assert.equal(store.find('a'), ref)
})

test('a record that claims to be longer than its place is dropped', () => {
  const store = new SmallStore(1)
  const ref = store.fill('a', 100)
  store.segments.setWord(ref, Word.bodyLength, 10_000)
  assert.equal(store.shelf.publish(0, ref), false)
  assert.equal(store.find('a'), 0)
})

test('invalidating a key puts all its variants out of reach, and one stored later under a new list stays so', () => {
  const store = new SmallStore(1)
  const names = store.store('page', 15, { flags: Flag.variesBy })
  const serial = store.segments.word(names, Word.serial)
  store.store(`page${variantSuffix(serial, 'de')}`, 100)
  assert.equal(store.shelf.invalidate(key('page')), true)
  const again = store.store('page', 15, { flags: Flag.variesBy })
  const newSerial = store.segments.word(again, Word.serial)
  assert.notEqual(newSerial, serial)
  assert.equal(store.find(`page${variantSuffix(newSerial, 'de')}`), 0)
})

test('room is made ahead: filling four times the store never finds it full, and what is asked for stays', () => {
  const store = new SmallStore(16)
  const random = seeded(3)
  store.store('popular', 8 * KIB)
  let refused = 0
  for (let i = 0; i < 8000; i++) {
    if (store.store(`page ${i}`, 1 * KIB + below(random, 14 * KIB)) === 0) refused++
    if (i % 100 === 0) store.segments.setWord(store.find('popular'), Word.visited, 1)
    store.shelf.turn(true)
  }
  assert.equal(refused, 0)
  assert.notEqual(store.find('popular'), 0, 'SIEVE keeps what is hit')
  assert.notEqual(store.find('page 7999'), 0)
  assert.equal(store.find('page 0'), 0)
  const { bytesUsed, bytesTotal } = store.shelf.counts
  assert.ok(bytesUsed < bytesTotal * 0.9 && bytesUsed > bytesTotal * 0.8, `${bytesUsed} of ${bytesTotal}`)
})

test('room for a large record is made from neighbours, without emptying the store', t => {
  const store = new SmallStore(16)
  const random = seeded(4)
  for (let i = 0; i < 6000; i++) {
    store.store(`page ${i}`, 1 * KIB + below(random, 14 * KIB))
    store.shelf.turn(true)
  }
  const before = store.shelf.counts
  store.shelf.makeRoom(1024 * KIB)
  store.shelf.turn(true)
  assert.notEqual(store.store('film', 1000 * KIB), 0)
  const evicted = store.shelf.counts.evicted - before.evicted
  t.diagnostic(`${evicted} of ${before.records} records made room for 1 MiB`)
  assert.ok(evicted < before.records / 4)
})

test('the index never gets more than half full', () => {
  const store = new SmallStore(4, { records: 512 })
  for (let i = 0; i < 3000; i++) store.store(`page ${i}`, 100)
  assert.equal(store.shelf.counts.records, store.index.slots / 2)
  assert.notEqual(store.find('page 2999'), 0)
})

test('a key found not storable is remembered as such', () => {
  const store = new SmallStore(1)
  store.shelf.markNotStorable(key('login'), 1000, 121_000)
  const ref = store.find('login')
  assert.equal(store.segments.word(ref, Word.flags), Flag.hitForMiss)
  assert.equal(store.segments.isFresh(ref, 120_999), true)
  assert.equal(store.segments.isFresh(ref, 121_000), false)
})

test('one variant that is not storable leaves the others in reach', () => {
  const store = new SmallStore(1)
  const names = store.store('page', 15, { flags: Flag.variesBy })
  store.shelf.markNotStorable(key('page'), 1000, 121_000)
  assert.equal(store.find('page'), names)
})

test('a lease is written only onto a record that stands under the key, or under a variant of it, now', () => {
  const store = new SmallStore(1)
  const lease = (ref: number): number => store.segments.time(ref, Time.leaseUntil)
  const first = store.store('a', 100)
  const second = store.store('a', 100)
  const variant = store.store(`a${variantSuffix(7, 'de')}`, 100)
  const other = store.store('ab', 100)
  for (const ref of [first, second, variant, other, 0, 1e9, second + 1]) store.shelf.lease(ref, key('a'), 5000)
  assert.deepEqual([first, second, variant, other].map(lease), [0, 5000, 5000, 0])
})

test('a purge takes out the records of one site and leaves those that are stored while it runs', () => {
  const store = new SmallStore(8, { records: 20_000 })
  for (let i = 0; i < 10_000; i++) store.store(`${i % 2 === 0 ? 'shop' : 'blog'} ${i}`, 10)
  store.shelf.purge([key('shop ')], false)
  store.shelf.turn(false)
  store.store('shop new', 10)
  while (store.shelf.isPurging) store.shelf.turn(false)
  assert.equal(store.shelf.counts.records, 5001)
  assert.equal(store.find('shop 42'), 0)
  assert.notEqual(store.find('shop new'), 0)
  assert.notEqual(store.find('blog 43'), 0)
})

test('a soft purge marks responses and leaves them, takes out what says that nothing was stored, and spares what comes later', () => {
  const store = new SmallStore(1)
  const names = store.store('page', 15, { flags: Flag.variesBy })
  const variant = store.store(`page${variantSuffix(store.segments.word(names, Word.serial), 'de')}`, 100)
  const other = store.store('pages', 100)
  store.shelf.markNotStorable(key('mark'), 1000, 121_000)
  const stored: boolean[][] = []
  store.shelf.soften([key('page'), key('nothing')], each => stored.push(each))
  while (store.shelf.isPurging) store.shelf.turn(false)
  const isPurged = (ref: number): boolean => (store.segments.word(ref, Word.flags) & Flag.purged) !== 0
  assert.deepEqual(stored, [[true, false]])
  assert.deepEqual([names, variant, other].map(isPurged), [false, true, false])
  let count = 0
  store.shelf.purge([key('p'), key('m')], true, purged => (count = purged))
  const late = store.store('pale', 100)
  while (store.shelf.isPurging) store.shelf.turn(false)
  assert.deepEqual([names, variant, other, late].map(isPurged), [false, true, true, false])
  assert.equal(count, 2)
  assert.equal(store.find('mark'), 0)
  assert.equal(store.find('page'), names)
})

test('a new core finds every record again, and gives nothing away before each edge has acknowledged an epoch', () => {
  const store = new SmallStore(2, { serving: 1 })
  store.acknowledge(0)
  store.shelf.turn(true)
  const refs = Array.from({ length: 50 }, (_, i) => store.store(`page ${i}`, 1000, { fill: i }))
  const hazards = new Hazards(store.hazards, 0)
  hazards.hold(refs[7]!)
  store.shelf.invalidate(key('page 7'))
  store.shelf.invalidate(key('page 8'))
  store.fill('half', 1000)
  store.restart()
  assert.equal(store.fill('early', 100), 0)
  store.shelf.invalidate(key('page 9'))
  store.acknowledge(0)
  assert.equal(store.shelf.turn(true), true)
  const used = store.shelf.counts.bytesUsed
  const places = new Set(Array.from({ length: 100 }, (_, i) => store.fill(`new ${i}`, 1000, { fill: 255 })))
  assert.ok(!places.has(refs[7]!), 'held by a hazard')
  assert.ok(!places.has(refs[9]!), 'an edge may have found it just before it was invalidated')
  assert.ok(places.has(refs[8]!), 'nobody holds it')
  for (let i = 10; i < 50; i++) assert.equal(store.segments.body(store.find(`page ${i}`))[999], i)
  assert.ok(used >= 49 * 1152 && used <= 51 * 1152, `${used}`)
})

test('after a restart of core the oldest record is evicted first', () => {
  const store = new SmallStore(4, { records: 512 })
  for (let i = 0; i < 512; i++) store.store(`page ${i}`, 100)
  store.restart()
  for (let i = 0; i < 5; i++) store.store(`more ${i}`, 100)
  assert.deepEqual(
    [0, 4, 5, 511].map(i => store.find(`page ${i}`) !== 0),
    [false, false, true, true],
  )
})

test('a record that a dying core left in the index twice is in it once for the next', () => {
  const store = new SmallStore(1)
  const ref = store.store('a', 100)
  store.index.insert(store.segments.word(ref, Word.hash), ref)
  store.restart()
  assert.deepEqual([...store.index.refs()], [ref])
  store.shelf.invalidate(key('a'))
  assert.deepEqual([...store.index.refs()], [])
})

test('an edge that has not begun to serve is not waited for', () => {
  const store = new SmallStore(1)
  store.store('a', 100)
  store.shelf.invalidate(key('a'))
  assert.equal(store.board.edge(3)[EdgeWord.alive], 0)
  assert.equal(store.shelf.turn(true), true)
})
