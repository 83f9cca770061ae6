// A stored response on its way to another node: the record as it lies in shared memory, with its times by the other's clock. Only what stands for
// itself is carried: no variants, whose keys are made of serials of this process, no marks, no compressed copies, no bodies on disk.

import type { Clock } from '../base/clock.ts'
import type { StoreIndex } from '../store/index.ts'
import { hashKey, withoutCredentials } from '../store/keys.ts'
import { Flag, HEADER_BYTES, Time, Word, bytesFor } from '../store/layout.ts'
import { Verdict } from '../store/purged-tags.ts'
import type { Segments } from '../store/segments.ts'
import { bytesAt } from '../store/fill.ts'
import { LARGEST_CARRIED } from '../threads/cluster.ts'
import { bytesOf } from './flight.ts'
import { CORE } from './shelf.ts'
import type { Shelf } from './shelf.ts'

const NOT_CARRIED = Flag.variesBy | Flag.hitForMiss | Flag.coded | Flag.onDisk | Flag.purged | Flag.noCache
const NOTHING = new Uint8Array(0)
/** What the header says of the response itself, and not of its place. */
const CARRIED_WORDS = [
  ...[Word.flags, Word.status, Word.keyLength, Word.fieldsLength, Word.bodyLength, Word.etagAt, Word.etagLength],
  ...[Word.lastModified, Word.checksum, Word.tags],
]
const CARRIED_TIMES = [Time.storedAt, Time.ageBase, Time.freshUntil, Time.revalidateUntil, Time.errorUntil]

/** The place of what lies under this key, 0 for nothing. */
function placeOf(index: StoreIndex, key: string): number {
  const bytes = bytesOf(key)
  return index.find(hashKey(index.seed, bytes), NOTHING, bytes, 0, bytes.length)
}

/** Is it of the kind that is carried? What a purge by tag has put out of use may lie there still. */
const isCarried = ({ segments, purgedTags }: StoreIndex, ref: number): boolean =>
  (segments.word(ref, Word.flags) & NOT_CARRIED) === 0 &&
  bytesAt(segments, ref) <= LARGEST_CARRIED &&
  purgedTags.verdict(ref) === Verdict.none

/** The record at this place, whole. */
function recordAt(segments: Segments, ref: number): string {
  const at = segments.byteOf(ref)
  const bytes = segments.bytes[segments.segmentOf(ref)]!.slice(at, at + bytesAt(segments, ref))
  return Buffer.from(bytes).toString('base64')
}

/** Is it a whole record for this key, of those that are carried? */
function isWhole(record: Buffer, key: string): boolean {
  if (record.length < HEADER_BYTES || record.length > LARGEST_CARRIED) return false
  const word = (index: number): number => record.readInt32LE(index * 4)
  const lengths = [Word.keyLength, Word.fieldsLength, Word.bodyLength, Word.tags].map(word)
  if (lengths.some(length => length < 0) || (word(Word.flags) & NOT_CARRIED) !== 0) return false
  const [keyLength = 0, fields = 0, body = 0, tags = 0] = lengths
  return (
    bytesFor(keyLength, fields, body, tags) === record.length &&
    record.subarray(HEADER_BYTES, HEADER_BYTES + keyLength).equals(bytesOf(key))
  )
}

/** Fills the place `ref` with it. `later`: by how many milliseconds this clock is ahead of the one its times are by. */
function fillCarried(segments: Segments, ref: number, record: Buffer, later: number): void {
  for (const word of CARRIED_WORDS) segments.setWord(ref, word, record.readInt32LE(word * 4))
  for (const time of CARRIED_TIMES) segments.setTime(ref, time, record.readDoubleLE(time * 8) + later)
  // Which purges by tag it has seen is not known here: any that there was of its tags keeps it out.
  segments.setWord(ref, Word.born, 0)
  segments.bytes[segments.segmentOf(ref)]!.set(record.subarray(HEADER_BYTES), segments.byteOf(ref) + HEADER_BYTES)
}

export class Carrier {
  readonly #index: StoreIndex
  readonly #shelf: Shelf
  readonly #clock: Clock

  constructor(index: StoreIndex, shelf: Shelf, clock: Clock) {
    this.#index = index
    this.#shelf = shelf
    this.#clock = clock
  }

  /** The stored response that a flight under this key has brought, for another node; undefined where none can be given. */
  carry(flightKey: string): { record: string; now: number } | undefined {
    const now = this.#clock.now()
    const ref = placeOf(this.#index, withoutCredentials(flightKey))
    const { segments } = this.#index
    if (ref === 0 || !isCarried(this.#index, ref) || !segments.isFresh(ref, now)) return undefined
    return { record: recordAt(segments, ref), now }
  }

  /**
   * The same with the milliseconds since it came. `nothing`: it is to be fetched, or validated; `other`: what is
   * there cannot be given, or would be served stale to whoever asks.
   */
  held(flightKey: string): { record: string; now: number; age: number } | 'nothing' | 'other' {
    const now = this.#clock.now()
    const ref = placeOf(this.#index, withoutCredentials(flightKey))
    const { segments } = this.#index
    if (ref === 0) return 'nothing'
    if (!isCarried(this.#index, ref)) return 'other'
    const age = now - segments.time(ref, Time.storedAt)
    if (segments.isFresh(ref, now)) return { record: recordAt(segments, ref), now, age }
    const standsInUntil = Math.max(segments.time(ref, Time.revalidateUntil), segments.time(ref, Time.errorUntil))
    return now > standsInUntil ? 'nothing' : 'other'
  }

  /** Stores what another node has given; false where it is not whole, or there is no room now. */
  takeIn(flightKey: string, { record: text, now }: { record: string; now: number }): boolean {
    const record = Buffer.from(text, 'base64')
    if (!isWhole(record, withoutCredentials(flightKey))) return false
    const ref = this.#shelf.take(CORE, record.length)
    if (ref === 0) return false
    fillCarried(this.#index.segments, ref, record, this.#clock.now() - now)
    return this.#shelf.publish(CORE, ref)
  }
}
