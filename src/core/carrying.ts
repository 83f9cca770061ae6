// A stored response on its way to another node: the record as it lies in shared memory, with its times by the other's clock. Only what stands for
// itself is carried: no marks, no compressed copies, no bodies on disk. Keys are written as on every node (store/keys.ts): a variant's has a serial of this
// process in it, so it is put under that of the other's record of what varies, which is carried first.

import type { Clock } from '../base/clock.ts'
import type { StoreIndex } from '../store/index.ts'
import { areCommon, namesIn } from '../http/vary.ts'
import { hashKey, nodesKey, partsOf, variantSuffix, withoutCredentials } from '../store/keys.ts'
import { Flag, HEADER_BYTES, Time, Word, bytesFor, tagsAt } from '../store/layout.ts'
import { Verdict } from '../store/purged-tags.ts'
import type { Segments } from '../store/segments.ts'
import { bytesAt } from '../store/fill.ts'
import { LARGEST_CARRIED } from '../threads/cluster.ts'
import { bytesOf } from './flight.ts'
import { CORE } from './shelf.ts'
import type { Shelf } from './shelf.ts'

const NOT_CARRIED = Flag.hitForMiss | Flag.coded | Flag.onDisk | Flag.purged | Flag.noCache
const NOTHING = new Uint8Array(0)
/** What the header says of the response itself, and not of its place. */
const CARRIED_WORDS = [
  ...[Word.flags, Word.status, Word.fieldsLength, Word.bodyLength, Word.etagAt, Word.etagLength],
  ...[Word.lastModified, Word.tags],
]
const CARRIED_TIMES = [Time.storedAt, Time.ageBase, Time.freshUntil, Time.revalidateUntil, Time.errorUntil]

/** The place of what lies under this key, 0 for nothing. */
function placeOf(index: StoreIndex, key: string): number {
  const bytes = bytesOf(key)
  return index.find(hashKey(index.seed, bytes), NOTHING, bytes, 0, bytes.length)
}

/** The names of what varies, where that is what lies there. */
function namesAt(segments: Segments, ref: number): string[] | undefined {
  if (ref === 0 || (segments.word(ref, Word.flags) & Flag.variesBy) === 0) return undefined
  return namesOf(segments.fields(ref))
}

const namesOf = (fields: Uint8Array): string[] => Buffer.from(fields).toString('latin1').split(',')

/** The key here; undefined where this variant has none. */
function keyHere(index: StoreIndex, key: string): string | undefined {
  const { page, secondary } = partsOf(key)
  if (secondary === '') return page
  const ref = placeOf(index, page)
  const isSame = namesAt(index.segments, ref)?.join() === namesIn(secondary).join()
  return isSame ? page + variantSuffix(index.segments.word(ref, Word.serial), secondary) : undefined
}

/** Is it of the kind that is carried? What a purge by tag has put out of use may lie there still. */
const isCarried = ({ segments, purgedTags }: StoreIndex, ref: number): boolean =>
  (segments.word(ref, Word.flags) & NOT_CARRIED) === 0 &&
  areCommon(namesAt(segments, ref) ?? []) &&
  bytesAt(segments, ref) <= LARGEST_CARRIED &&
  purgedTags.verdict(ref) === Verdict.none

/** The record at this place, whole. */
function recordAt(segments: Segments, ref: number): string {
  const at = segments.byteOf(ref)
  const bytes = segments.bytes[segments.segmentOf(ref)]!.slice(at, at + bytesAt(segments, ref))
  return Buffer.from(bytes).toString('base64')
}

/** A record as it came from another node. */
interface Came {
  record: Buffer
  fields: Buffer
  body: Buffer
  tags: Int32Array
}

/** Undefined where it is not a whole record for this key, of those that are carried. */
function readCarried(record: Buffer, key: string): Came | undefined {
  if (record.length < HEADER_BYTES || record.length > LARGEST_CARRIED) return undefined
  const word = (index: number): number => record.readInt32LE(index * 4)
  const lengths = [Word.keyLength, Word.fieldsLength, Word.bodyLength, Word.tags].map(word)
  if (lengths.some(length => length < 0) || (word(Word.flags) & NOT_CARRIED) !== 0) return undefined
  const [keyLength = 0, fieldsLength = 0, bodyLength = 0, tags = 0] = lengths
  if (bytesFor(keyLength, fieldsLength, bodyLength, tags) !== record.length) return undefined
  const [fieldsAt, bodyAt] = [HEADER_BYTES + keyLength, HEADER_BYTES + keyLength + fieldsLength]
  const fields = record.subarray(fieldsAt, bodyAt)
  const isOther = nodesKey(record.toString('latin1', HEADER_BYTES, fieldsAt)) !== withoutCredentials(key)
  if (isOther || ((word(Word.flags) & Flag.variesBy) !== 0 && !areCommon(namesOf(fields)))) return undefined
  const tagsFrom = tagsAt(keyLength, fieldsLength, bodyLength)
  const hashes = Int32Array.from({ length: tags }, (_, i) => record.readInt32LE(tagsFrom + i * 4))
  return { record, fields, body: record.subarray(bodyAt, bodyAt + bodyLength), tags: hashes }
}

/** Fills the place `ref` with it. `later`: by how many milliseconds this clock is ahead of the one its times are by. */
function fillCarried(
  segments: Segments,
  ref: number,
  key: Uint8Array,
  { record, fields, body, tags }: Came,
  later: number,
): void {
  for (const word of CARRIED_WORDS) segments.setWord(ref, word, record.readInt32LE(word * 4))
  for (const time of CARRIED_TIMES) segments.setTime(ref, time, record.readDoubleLE(time * 8) + later)
  segments.setWord(ref, Word.keyLength, key.length)
  // Which purges by tag it has seen is not known here: any that there was of its tags keeps it out.
  segments.setWord(ref, Word.born, 0)
  segments.key(ref).set(key)
  segments.fields(ref).set(fields)
  segments.body(ref).set(body)
  segments.tags(ref).set(tags)
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

  /** The stored response that a flight under this key has brought, or what it varies by, for another node; undefined where none can be given. */
  carry(key: string): { record: string; now: number } | undefined {
    const held = this.held(key)
    return typeof held === 'string' ? undefined : { record: held.record, now: held.now }
  }

  /**
   * The same with the milliseconds since it came. `nothing`: it is to be fetched, or validated; `other`: what is
   * there cannot be given, or would be served stale to whoever asks.
   */
  held(key: string): { record: string; now: number; age: number } | 'nothing' | 'other' {
    const now = this.#clock.now()
    const here = keyHere(this.#index, key)
    if (here === undefined) return 'other'
    const ref = placeOf(this.#index, here)
    const { segments } = this.#index
    if (ref === 0) return 'nothing'
    if (!isCarried(this.#index, ref)) return 'other'
    const age = now - segments.time(ref, Time.storedAt)
    if (segments.isFresh(ref, now)) return { record: recordAt(segments, ref), now, age }
    const standsInUntil = Math.max(segments.time(ref, Time.revalidateUntil), segments.time(ref, Time.errorUntil))
    return now > standsInUntil ? 'nothing' : 'other'
  }

  /** Stores what another node has given; false where it is not whole, of no use here, or there is no room now. */
  takeIn(key: string, { record: text, now }: { record: string; now: number }): boolean {
    const came = readCarried(Buffer.from(text, 'base64'), key)
    const here = keyHere(this.#index, key)
    if (came === undefined || here === undefined) return false
    if (this.#isNamed(here, came)) return true
    const bytes = bytesOf(here)
    const length = bytesFor(bytes.length, came.fields.length, came.body.length, came.tags.length)
    const ref = this.#shelf.take(CORE, length)
    if (ref === 0) return false
    fillCarried(this.#index.segments, ref, bytes, came, this.#clock.now() - now)
    return this.#shelf.publish(CORE, ref)
  }

  /** What it varies by is known here: under another serial its variants would be lost. */
  #isNamed(here: string, { record, fields }: Came): boolean {
    if ((record.readInt32LE(Word.flags * 4) & Flag.variesBy) === 0) return false
    return namesAt(this.#index.segments, placeOf(this.#index, here))?.join() === namesOf(fields).join()
  }
}
