// The index: cache key → place, an open-addressing table in shared memory. Core alone writes it; edges read it without a
// lock, straight from the bytes of a request. A reader that races with a change sees the old record, the new one or none,
// never half of one: a slot's place is one word, and the record behind it is compared by its whole key.

import { HEADER_BYTES, Word } from './layout.ts'
import { PURGED_TAGS_WORDS, PurgedTags } from './purged-tags.ts'
import type { Segments } from './segments.ts'

const EMPTY = 0
/** The place in a slot whose record is just being removed or put in: the search goes on past it. */
const REMOVED_REF = 0
const HEAD_WORDS = 16
/** Words of the table's head. */
export const IndexWord = {
  /** Drawn for hashing. */
  seed: 0,
  /** Of the last placement. */
  serial: 1,
  /** 1 once the copy on disk was turned to. */
  loaded: 2,
  /** 1 once a record was ever put in. */
  used: 3,
} as const
/** A search gives up after so many slots; core keeps the table below half full, where the mean is under two. */
const MAX_PROBES = 512

/** Bytes of a table for `records` records, at most half full, and of the table of purged tags behind it. */
export function indexBytes(records: number): number {
  const slots = 2 ** Math.ceil(Math.log2(Math.max(records, 512) * 2))
  return (HEAD_WORDS + slots * 2 + PURGED_TAGS_WORDS) * 4
}

export class StoreIndex {
  readonly segments: Segments
  readonly words: Int32Array<SharedArrayBuffer>
  readonly slots: number
  readonly purgedTags: PurgedTags
  readonly #mask: number

  constructor(memory: SharedArrayBuffer, segments: Segments) {
    this.segments = segments
    this.words = new Int32Array(memory)
    this.slots = (this.words.length - HEAD_WORDS - PURGED_TAGS_WORDS) / 2
    this.purgedTags = new PurgedTags(this.words.subarray(HEAD_WORDS + this.slots * 2), segments)
    this.#mask = this.slots - 1
  }

  get seed(): number {
    return this.words[IndexWord.seed]!
  }

  /**
   * The place of the record whose key is `prefix` followed by bytes[from, to), or 0. `hash` is the finished hash of that
   * key. The place stays good until this thread next returns to its event loop.
   */
  find(hash: number, prefix: Uint8Array, bytes: Uint8Array, from: number, to: number): number {
    let slot = hash & this.#mask
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      const at = HEAD_WORDS + slot * 2
      const found = this.words[at]!
      if (found === EMPTY) return 0
      if (found === hash) {
        const ref = Atomics.load(this.words, at + 1) >>> 0
        if (ref !== REMOVED_REF && this.#sameKey(ref, prefix, bytes, from, to)) return ref
      }
      slot = (slot + 1) & this.#mask
    }
    return 0
  }

  /** The slot that holds `ref`, or -1. */
  slotOf(hash: number, ref: number): number {
    let slot = hash & this.#mask
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      const at = HEAD_WORDS + slot * 2
      if (this.words[at] === EMPTY) return -1
      if (this.words[at] === hash && this.words[at + 1]! >>> 0 === ref) return slot
      slot = (slot + 1) & this.#mask
    }
    return -1
  }

  /** Is there a record at this place, of which an earlier look told? Something else may lie there by now, even the middle of another record. */
  isPublished(ref: number): boolean {
    return ref > 0 && ref < this.segments.units && this.slotOf(this.segments.word(ref, Word.hash), ref) >= 0
  }

  /** Does `slot` still hold this record? Then it is in the index, and what lies at its place is the record. */
  holds(slot: number, hash: number, ref: number): boolean {
    const at = HEAD_WORDS + slot * 2
    return this.words[at] === hash && this.words[at + 1] === (ref | 0)
  }

  /** Puts a record into the first free slot. False when the neighbourhood is full. For core. */
  insert(hash: number, ref: number): boolean {
    let slot = hash & this.#mask
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      const at = HEAD_WORDS + slot * 2
      if (this.words[at] === EMPTY || this.words[at + 1] === REMOVED_REF) {
        this.words[IndexWord.used] = 1
        this.#put(slot, hash, ref)
        return true
      }
      slot = (slot + 1) & this.#mask
    }
    return false
  }

  /** Points a slot at another record with the same key. For core. */
  replace(slot: number, ref: number): void {
    Atomics.store(this.words, HEAD_WORDS + slot * 2 + 1, ref | 0)
  }

  /**
   * Empties a slot and moves later ones of its chain up, so that nothing marks where records once were: such marks would
   * fill the table within a few turnovers, and every search for what is not there would go on to MAX_PROBES. A record is
   * in its new slot before it leaves the old one; a reader just between the two may miss it, once. For core.
   */
  remove(slot: number): void {
    let hole = slot
    this.#put(hole, this.words[HEAD_WORDS + hole * 2]!, REMOVED_REF)
    for (let next = (hole + 1) & this.#mask; ; next = (next + 1) & this.#mask) {
      const hash = this.words[HEAD_WORDS + next * 2]!
      if (hash === EMPTY) break
      const fromHome = (next - (hash & this.#mask)) & this.#mask
      if (fromHome < ((next - hole) & this.#mask)) continue
      this.#put(hole, hash, this.words[HEAD_WORDS + next * 2 + 1]!)
      this.#put(next, hash, REMOVED_REF)
      hole = next
    }
    this.words[HEAD_WORDS + hole * 2] = EMPTY
  }

  /** The hash first: a reader that sees it with the place still 0 goes on. */
  #put(slot: number, hash: number, ref: number): void {
    this.words[HEAD_WORDS + slot * 2] = hash
    Atomics.store(this.words, HEAD_WORDS + slot * 2 + 1, ref | 0)
  }

  /** Every place in the table. For core, after a restart, and for the copy on disk. */
  *refs(): Generator<number> {
    // Nothing was ever put in, as at the start of a process: to look into each slot of a large table would hold up core.
    if (this.words[IndexWord.used] === 0) return
    for (let slot = 0; slot < this.slots; slot++) {
      const ref = this.words[HEAD_WORDS + slot * 2 + 1]! >>> 0
      if (ref !== REMOVED_REF) yield ref
    }
  }

  #sameKey(ref: number, prefix: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
    const segment = this.segments.segmentOf(ref)
    const unit = ref % this.segments.unitsEach
    const length = this.segments.words[segment]![unit * 16 + Word.keyLength]!
    if (length !== prefix.length + to - from) return false
    const stored = this.segments.bytes[segment]!
    let at = unit * 64 + HEADER_BYTES
    for (let i = 0; i < prefix.length; i++) if (stored[at++] !== prefix[i]) return false
    for (let i = from; i < to; i++) if (stored[at++] !== bytes[i]) return false
    return true
  }
}
