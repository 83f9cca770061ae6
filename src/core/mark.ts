// A mark in the store that says of a key for a while that what it brings is not stored (hit-for-miss): a record without a response.

import { Flag, Time, Word } from '../store/layout.ts'
import type { Segments } from '../store/segments.ts'

/** Fills the place `ref` with a mark for the key that holds until `until`; wall clock, milliseconds. */
export function fillMark(segments: Segments, ref: number, key: Uint8Array, now: number, until: number): void {
  segments.setWord(ref, Word.keyLength, key.length)
  segments.setWord(ref, Word.flags, Flag.hitForMiss)
  for (const time of [Time.storedAt, Time.ageBase]) segments.setTime(ref, time, now)
  for (const time of [Time.freshUntil, Time.revalidateUntil, Time.errorUntil]) segments.setTime(ref, time, until)
  segments.key(ref).set(key)
}
