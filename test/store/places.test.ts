// The allocator of places: nothing overlaps, nothing is lost, and free neighbours are joined.

import assert from 'node:assert/strict'
import test from 'node:test'
import { array, assert as assertProperty, boolean, integer, nat, property, record } from 'fast-check'
import { below, seeded } from '../../src/base/random.ts'
import type { Random } from '../../src/base/random.ts'
import { Places } from '../../src/store/places.ts'
import type { Extent } from '../../src/store/places.ts'
import { Segments } from '../../src/store/segments.ts'

const MIB = 1024 * 1024
const UNITS_EACH = MIB / 64

const segments = (count: number): Segments =>
  new Segments(Array.from({ length: count }, () => new SharedArrayBuffer(MIB)))

function empty(segments: Segments): Places {
  const places = new Places(segments)
  places.rebuild([])
  return places
}

/** Throws unless the extents lie apart, off unit 0, and each within one segment. */
function assertApart(extents: Iterable<Extent>): void {
  let next = 1
  for (const { ref, units } of [...extents].sort((a, b) => a.ref - b.ref)) {
    assert.ok(ref >= next, `the extent at ${ref} overlaps the one that ends at ${next}`)
    assert.equal(Math.floor(ref / UNITS_EACH), Math.floor((ref + units - 1) / UNITS_EACH))
    next = ref + units
  }
}

/** What is in use, and nothing else, is missing from what is free. */
function assertAllComesBack(places: Places, used: Extent[], count: number): void {
  for (const { ref, units } of used) places.free(ref, units)
  assert.equal(places.freeUnits, count * UNITS_EACH - 1)
  const whole = Array.from({ length: count }, (_, i) => places.allocate(UNITS_EACH - (i === count - 1 ? 1 : 0)))
  assert.deepEqual(
    whole.map(ref => ref > 0),
    whole.map(() => true),
    'each segment is one piece again',
  )
  assert.equal(places.freeUnits, 0)
}

test('random takings and givings back never overlap, never cross a segment, and join again to whole segments', () => {
  const step = record({ units: integer({ min: 1, max: 3000 }), give: nat(), gives: boolean() })
  const steps = array(step, { minLength: 50, maxLength: 400 })
  assertProperty(
    property(steps, integer({ min: 1, max: 3 }), (steps, count) => {
      const places = empty(segments(count))
      const used: Extent[] = []
      for (const { units, give, gives } of steps) {
        if (gives && used.length > 0) {
          const [extent] = used.splice(give % used.length, 1)
          places.free(extent!.ref, extent!.units)
          continue
        }
        const ref = places.allocate(units)
        if (ref !== 0) used.push({ ref, units })
      }
      assertApart(used)
      const sum = used.reduce((sum, { units }) => sum + units, 0)
      assert.equal(places.freeUnits, count * UNITS_EACH - 1 - sum)
      assertAllComesBack(places, used, count)
    }),
    { numRuns: 150 },
  )
})

test('what is free is found again from the used extents alone', () => {
  const shared = segments(2)
  const places = empty(shared)
  const random = seeded(7)
  const used: Extent[] = []
  for (let ref = 1; ref !== 0;) {
    const units = 1 + below(random, 500)
    ref = places.allocate(units)
    if (ref !== 0) used.push({ ref, units })
  }
  const kept = used.filter((_, i) => i % 3 === 0)
  const rebuilt = new Places(shared)
  rebuilt.rebuild(kept)
  const more: Extent[] = []
  for (let i = 0; i < 200; i++) {
    const ref = rebuilt.allocate(100)
    if (ref !== 0) more.push({ ref, units: 100 })
  }
  assert.ok(more.length > 50)
  assertApart([...kept, ...more])
  assertAllComesBack(rebuilt, [...kept, ...more], 2)
})

test('nothing is given away, and nothing is written, before it is told what is in use', () => {
  const shared = segments(1)
  shared.bytes[0]!.fill(0xab)
  const places = new Places(shared)
  assert.equal(places.allocate(1), 0)
  assert.ok(shared.bytes[0]!.every(byte => byte === 0xab))
})

test('a place as large as a segment can be had, one unit more cannot', () => {
  const places = empty(segments(2))
  assert.equal(places.allocate(UNITS_EACH + 1), 0)
  assert.equal(places.allocate(UNITS_EACH), UNITS_EACH)
  assert.equal(places.allocate(UNITS_EACH), 0)
  assert.equal(places.allocate(UNITS_EACH - 1), 1)
})

test('a place given back twice is an error, not two records in one place', () => {
  const places = empty(segments(1))
  const ref = places.allocate(10)
  places.free(ref, 10)
  assert.throws(() => places.free(ref, 10), /free already/)
})

test('churn of web-like sizes leaves at most a quarter in pieces too small, evicting at random until each finds room', t => {
  const places = empty(segments(16))
  const random = seeded(11)
  const used: Extent[] = []
  const evictOne = (): void => {
    const at = below(random, used.length)
    const gone = used[at]!
    used[at] = used.at(-1)!
    used.pop()
    places.free(gone.ref, gone.units)
  }
  let [freeSum, samples] = [0, 0]
  for (let i = 0; i < 60_000; i++) {
    const units = webLikeUnits(random)
    let ref = places.allocate(units)
    for (; ref === 0; ref = places.allocate(units)) evictOne()
    used.push({ ref, units })
    if (i < 20_000) continue
    freeSum += places.freeUnits / (16 * UNITS_EACH)
    samples++
  }
  assertApart(used)
  t.diagnostic(`${((100 * freeSum) / samples).toFixed(1)}% of the memory free on average`)
  assert.ok(freeSum / samples < 0.25)
})

/** Log-normal with a median of 8 KiB, as web objects are, from 192 bytes to 256 KiB. */
function webLikeUnits(random: Random): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())
  return Math.min(4096, Math.max(3, Math.round(128 * Math.exp(normal * 1.2))))
}
