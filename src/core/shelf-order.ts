// The eviction queue after a restart of core: the records as they were placed, oldest first.

import { Word } from '../store/layout.ts'
import type { StoreIndex } from '../store/index.ts'
import type { Segments } from '../store/segments.ts'

/**
 * Sorted by serial through one array of numbers, because a comparator over a million records would hold core up for
 * seconds: age in the high bits, place in the low ones, ages coarsened until both fit the 53 bits of a number.
 */
export function bySerial(refs: Iterable<number>, segments: Segments): Float64Array {
  const list = Float64Array.from(refs)
  const serials = list.map(ref => segments.word(ref, Word.serial) >>> 0)
  const oldest = serials.reduce((least, serial) => Math.min(least, serial), 2 ** 32)
  const newest = serials.reduce((most, serial) => Math.max(most, serial), 0)
  const places = 2 ** Math.ceil(Math.log2(segments.units))
  const coarse = Math.max(1, 2 ** Math.ceil(Math.log2(((newest - oldest + 1) * places) / 2 ** 53)))
  const keys = list.map((ref, i) => Math.floor((serials[i]! - oldest) / coarse) * places + ref)
  return keys.sort().map(key => key % places)
}

/** What an earlier core left in the index. If it died while it moved a record there, the record is in it twice: once now. */
export function foundIn(index: StoreIndex): Set<number> {
  const refs = new Set<number>()
  for (const ref of [...index.refs()]) {
    if (refs.has(ref)) index.remove(index.slotOf(index.segments.word(ref, Word.hash), ref))
    refs.add(ref)
  }
  return refs
}
