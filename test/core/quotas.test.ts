// A quota a site: what a site holds of the store is bounded, and within its bound nobody else takes it away.

import assert from 'node:assert/strict'
import test from 'node:test'
import { Flag } from '../../src/store/layout.ts'
import { encodeOnDisk } from '../../src/store/on-disk.ts'
import { SmallStore } from './store-parts.ts'

const KIB = 1024
const MIB = 1024 * KIB
const PAGE = 10 * KIB
const page = (site: string, i: number): string => `${site} http://${site}.example/${i}`

/** How many of the first `count` pages of a site are stored. */
const held = (store: SmallStore, site: string, count: number): number =>
  Array.from({ length: count }, (_, i) => store.find(page(site, i))).filter(ref => ref !== 0).length

test('a site with a quota pushes out what is its own, the oldest first, and leaves the others alone', () => {
  const store = new SmallStore(8)
  store.shelf.bound(new Map([['small', 200 * KIB]]))
  for (let i = 0; i < 20; i++) store.store(page('other', i), PAGE)
  for (let i = 0; i < 500; i++) store.store(page('small', i), PAGE)
  assert.equal(held(store, 'other', 20), 20)
  const left = held(store, 'small', 500)
  assert.ok(left >= 17 && left <= 19, `${left} pages of 10 KiB in 200 KiB`)
  assert.notEqual(store.find(page('small', 499)), 0)
  assert.equal(store.find(page('small', 0)), 0)
})

test('nobody else pushes out what lies within a quota', () => {
  const store = new SmallStore(4)
  store.shelf.bound(new Map([['small', 400 * KIB]]))
  for (let i = 0; i < 30; i++) store.store(page('small', i), PAGE)
  for (let i = 0; i < 2000; i++) {
    store.store(page('other', i), PAGE)
    store.shelf.turn(true)
  }
  assert.equal(held(store, 'small', 30), 30)
  assert.ok(held(store, 'other', 2000) > 200)
})

test('a quota that is set later holds at once for what comes, and one that is taken away binds nobody', () => {
  const store = new SmallStore(4)
  for (let i = 0; i < 50; i++) store.store(page('small', i), PAGE)
  store.shelf.bound(new Map([['small', 100 * KIB]]))
  store.store(page('small', 50), PAGE)
  assert.ok(held(store, 'small', 51) <= 9)
  store.shelf.bound(new Map())
  for (let i = 100; i < 150; i++) store.store(page('small', i), PAGE)
  assert.ok(held(store, 'small', 150) >= 50)
})

test('what lies on disk counts in the quota of its site, or in what all others share', () => {
  const store = new SmallStore(4)
  const large = (site: string, i: number): void => {
    const table = encodeOnDisk({ name: String(i).padStart(16, '0'), length: 2 * MIB, checksums: [1, 2] })
    const ref = store.fill(page(site, i), table.length, { flags: Flag.onDisk })
    store.segments.body(ref).set(table)
    assert.ok(store.shelf.publish(0, ref))
  }
  store.shelf.bound(new Map([['small', 5 * MIB]]), 11 * MIB)
  for (let i = 0; i < 20; i++) store.store(page('other', 100 + i), PAGE)
  for (let i = 0; i < 20; i++) large('small', i)
  assert.equal(held(store, 'small', 20), 2)
  for (let i = 0; i < 20; i++) large('other', i)
  assert.deepEqual([held(store, 'other', 20), held(store, 'small', 20)], [5, 2])
  assert.equal(store.shelf.counts.bytesOnDisk, 14 * MIB)
  assert.equal(held(store, 'other', 120), 25, 'pages in memory stay')
  store.shelf.bound(new Map([['small', 5 * MIB]]), 0)
  assert.equal(store.shelf.counts.bytesOnDisk, 4 * MIB)
  store.restart()
  assert.equal(store.shelf.counts.bytesOnDisk, 4 * MIB)
})
