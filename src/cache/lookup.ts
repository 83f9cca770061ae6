// Finds what is stored for a request, in the slow lane: the same record that the fast lane would find, with the numbers
// that the decisions need.

import type { NameTest } from '../config/settings.ts'
import type { Coding } from '../http/codings.ts'
import { carriesCookie } from '../http/cookies.ts'
import type { Fields } from '../http/fields.ts'
import { secondaryKey } from '../http/vary.ts'
import type { StoreIndex } from '../store/index.ts'
import { codedSuffix, hashKey, variantSuffix, withoutCredentials } from '../store/keys.ts'
import { Flag, Time, Word } from '../store/layout.ts'
import { fromLines } from '../store/lines.ts'
import { Verdict } from '../store/purged-tags.ts'
import type { Segments } from '../store/segments.ts'
import { isForEveryone } from './policy/everyone.ts'
import type { Freshness } from './policy/freshness.ts'

/** A stored response as found. `ref` is good until the event loop goes on; later, `serial` tells whether it still is. */
export interface Found {
  readonly ref: number
  readonly serial: number
  readonly freshness: Freshness
  readonly storedAt: number
  /** Core lets it be served stale until then, while it is being refreshed or the origin ails. */
  readonly leaseUntil: number
}

/** The record of the whole key, of whatever kind, or 0. */
export function findRecord(index: StoreIndex, key: string): number {
  if (last.key !== key || last.seed !== index.seed) last = keyOf(index.seed, key)
  return index.find(last.hash, last.bytes, last.bytes, 0, 0)
}

const keyOf = (seed: number, key: string) => {
  const bytes = Buffer.from(key, 'latin1')
  return { seed, key, bytes, hash: hashKey(seed, bytes) }
}

/** One request looks its key up several times in a row. */
let last = keyOf(0, '')

/**
 * The stored response for a request with these fields; undefined when there is none. Whoever carries a cookie that `isSession`
 * knows is given only what is the same for everyone.
 */
export function findResponse(
  index: StoreIndex,
  key: string,
  fields: Fields,
  isSession: NameTest | null,
): Found | undefined {
  const found = findAny(index, key, fields)
  if (found === undefined || isSession === null || !carriesCookie(fields, isSession)) return found
  return isForEveryone(storedLines(index, found)) ? found : undefined
}

function findAny(index: StoreIndex, key: string, fields: Fields): Found | undefined {
  const ref = findRecord(index, key)
  if (ref === 0) return undefined
  const { segments } = index
  const flags = segments.word(ref, Word.flags)
  if (flags & Flag.hitForMiss) return undefined
  if (!(flags & Flag.variesBy)) return foundAt(index, ref)
  // It is wanted as long as one of its variants is.
  segments.setWord(ref, Word.visited, 1)
  const variant = findRecord(index, variantKey(segments, ref, key, fields))
  return variant === 0 ? undefined : foundAt(index, variant)
}

/** The place of the record under this whole key, if it has this serial; else 0. */
export function findBySerial(index: StoreIndex, key: string, serial: number): number {
  const ref = findRecord(index, key)
  return ref !== 0 && index.segments.word(ref, Word.serial) === serial ? ref : 0
}

/** The place of the compressed copy of the record at `ref`, or 0. */
export function findCoded(index: StoreIndex, ref: number, coding: Coding): number {
  const { segments } = index
  const suffix = Buffer.from(codedSuffix(segments.word(ref, Word.serial), coding), 'latin1')
  const key = Buffer.concat([segments.key(ref), suffix])
  const found = index.find(hashKey(index.seed, key), key, key, 0, 0)
  return found !== 0 && (segments.word(found, Word.flags) & Flag.coded) !== 0 ? found : 0
}

/** The fields of a stored response, while its place is good. */
export const storedLines = (index: StoreIndex, { ref }: Found): Fields => fromLines(index.segments.fields(ref))

/**
 * The key under which a fetch for this request is shared: the variant's where responses are known to vary, so that those
 * who wait find what they need, else the key itself.
 */
export function flightKey(index: StoreIndex, key: string, fields: Fields): string {
  const ref = findRecord(index, key)
  const isVaried = ref !== 0 && (index.segments.word(ref, Word.flags) & Flag.variesBy) !== 0
  return isVaried ? variantKey(index.segments, ref, key, fields) : key
}

/** The key of the variant for these fields, under the record at `ref` that names what varies. */
function variantKey(segments: Segments, ref: number, key: string, fields: Fields): string {
  const names = Buffer.from(segments.fields(ref)).toString('latin1').split(',')
  return key + variantSuffix(segments.word(ref, Word.serial), secondaryKey(names, fields))
}

/**
 * What core compares (core/flight.ts) with what lies under the flight's key, and with credentials under the key of what the flight
 * may bring as well, when the question comes: the sum of the serials of what a look that found no response has passed over.
 */
export function serialsPassedOver(
  index: StoreIndex,
  flight: string,
  fields: Fields,
  isSession: NameTest | null,
): number {
  const stored = withoutCredentials(flight)
  const isKept = isSession !== null && carriesCookie(fields, isSession)
  const serial = serialPassedOver(index, stored, isKept)
  return stored === flight ? serial : serial + serialPassedOver(index, flight, false)
}

/**
 * That of a hit-for-miss whose time is over, of a purged response, or of one that is kept from whoever has a session; else 0, even if a
 * response has been published since.
 */
function serialPassedOver(index: StoreIndex, key: string, isKept: boolean): number {
  const { segments, purgedTags } = index
  const ref = findRecord(index, key)
  if (ref === 0) return 0
  const isMark = (segments.word(ref, Word.flags) & Flag.hitForMiss) !== 0
  const isPassedOver =
    isMark || purgedTags.verdict(ref) === Verdict.hard || (isKept && !isForEveryone(fromLines(segments.fields(ref))))
  return isPassedOver ? segments.word(ref, Word.serial) : 0
}

/** Was this key found not storable a short while ago? */
export function isHitForMiss(index: StoreIndex, key: string, now: number): boolean {
  const ref = findRecord(index, key)
  if (ref === 0 || !(index.segments.word(ref, Word.flags) & Flag.hitForMiss)) return false
  return index.segments.isFresh(ref, now)
}

/** The record at this place. What a hard purge of one of its tags has put out of use is not found. */
export function foundAt(index: StoreIndex, ref: number): Found | undefined {
  const { segments, purgedTags } = index
  const verdict = purgedTags.verdict(ref)
  if (verdict === Verdict.hard) return undefined
  return {
    ref,
    serial: segments.word(ref, Word.serial),
    storedAt: segments.time(ref, Time.storedAt),
    leaseUntil: segments.time(ref, Time.leaseUntil),
    freshness: {
      ageBase: segments.time(ref, Time.ageBase),
      freshUntil: segments.time(ref, Time.freshUntil),
      revalidateUntil: segments.time(ref, Time.revalidateUntil),
      errorUntil: segments.time(ref, Time.errorUntil),
      flags: segments.word(ref, Word.flags) | (verdict === Verdict.soft ? Flag.purged : 0),
    },
  }
}
