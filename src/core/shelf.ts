// The store as core keeps it: which record stands under which key, and which goes when room is needed. Edges fill places
// that they got here and hand them back to be published; they read what is published without asking.
//
// A place that was taken out of the index is used again only when nobody reads it any more (see retired.ts). So that this
// wait is not felt, records are evicted ahead and a reserve of free space stands ready.

import { AllHazards } from '../store/hazards.ts'
import { IndexWord } from '../store/index.ts'
import type { StoreIndex } from '../store/index.ts'
import { hashKey } from '../store/keys.ts'
import { Flag, HEADER_BYTES, State, Time, UNIT, Word } from '../store/layout.ts'
import { fileOf } from '../store/on-disk.ts'
import { bytesAt } from '../store/fill.ts'
import { Places } from '../store/places.ts'
import { Verdict } from '../store/purged-tags.ts'
import type { Segments } from '../store/segments.ts'
import type { Epochs } from './epochs.ts'
import { Purges } from './purges.ts'
import { reserveUnits } from './reserve.ts'
import { Retired } from './retired.ts'
import { Sieves } from './sieves.ts'
import { asText, beginsWith, isAtOrBelow, isVariantOf } from './below.ts'
import { cheapestRun } from './runs.ts'
import { copiesOf, isOrphan } from './coded.ts'
import { fillMark } from './mark.ts'
import { bySerial, foundIn } from './shelf-order.ts'

/** No record takes more than a quarter of the store: storing it would push out too much else. */
const LARGEST_SHARE = 0.25
/** So many times what is wanted is about to become free already: some of it will lie in one piece. */
const PLENTY = 16
const NOTHING = new Uint8Array(0)

export interface ShelfParts {
  segments: Segments
  index: StoreIndex
  hazards: SharedArrayBuffer
  epochs: Epochs
  /** Rows of hazards in use (GlobalWord.slots). */
  edges: () => number
  /** A record has come into the index. */
  stored?: (ref: number) => void
  /** All records up to this serial whose keys begin so have gone from the index, or were purged softly. */
  purged?: (prefix: Uint8Array, until: number, isSoft: boolean) => void
  /** Nobody reads the file of this name any more, and no record stands for it. */
  dropped?: (name: string) => void
}

interface Placed {
  slot: number
  units: number
}

export class Shelf {
  readonly #segments: Segments
  readonly #index: StoreIndex
  readonly #epochs: Epochs
  readonly #edges: () => number
  readonly #hazards: AllHazards
  readonly #tell: Required<Pick<ShelfParts, 'stored' | 'purged' | 'dropped'>>
  readonly #places: Places
  readonly #sieve: Sieves
  readonly #retired: Retired
  /** Places that edges fill now. */
  readonly #placed = new Map<number, Placed>()
  readonly #reserve: number
  /** The epoch after which it is known what edges still read from before this core began; null once it has passed. */
  #opensAfter: number | null
  readonly #purges: Purges
  #evicted = 0
  /** A record whose body lies on disk waits for its epoch: disk is scarcer than its small place. */
  #isFileRetired = false

  constructor(parts: ShelfParts) {
    const { segments, index, hazards, epochs, edges, stored = () => {}, purged = () => {}, dropped = () => {} } = parts
    this.#tell = { stored, purged, dropped }
    this.#segments = segments
    this.#index = index
    this.#purges = new Purges(index)
    this.#epochs = epochs
    this.#edges = edges
    this.#hazards = new AllHazards(hazards)
    this.#places = new Places(segments)
    this.#sieve = new Sieves(segments)
    this.#retired = new Retired(epochs, this.#hazards)
    this.#reserve = reserveUnits(segments.units)
    for (const ref of bySerial(foundIn(index), segments)) this.#sieve.add(ref)
    this.#opensAfter = epochs.advance()
    this.#open()
  }

  get counts(): { records: number; bytesUsed: number; bytesTotal: number; bytesOnDisk: number; evicted: number } {
    const { units } = this.#segments
    const bytesOnDisk = this.#sieve.bytesOnDisk
    const bytes = { bytesUsed: (units - this.#places.freeUnits) * UNIT, bytesTotal: units * UNIT, bytesOnDisk }
    return { records: this.#sieve.count, ...bytes, evicted: this.#evicted }
  }

  /** What sites may hold at most, bytes, by their names; and what the others hold on disk together. */
  bound(quotas: ReadonlyMap<string, number>, onDisk = Infinity): void {
    this.#sieve.configure(quotas, () => bySerial(new Set(this.#index.refs()), this.#segments))
    for (const old of this.#sieve.boundDisk(onDisk)) this.#evict(old)
  }

  /** The largest place there can be, in bytes. */
  get largest(): number {
    const { unitsEach, units } = this.#segments
    return Math.floor(Math.min(unitsEach - 1, units * LARGEST_SHARE)) * UNIT
  }

  /** Takes a place for the edge in `slot`: its ref, or 0 when there is no room at present. */
  take(slot: number, bytes: number): number {
    if (this.#opensAfter !== null || bytes < HEADER_BYTES || bytes > this.largest) return 0
    const units = Math.ceil(bytes / UNIT)
    const ref = this.#places.allocate(units)
    if (ref === 0) return 0
    const words = this.#segments.words[this.#segments.segmentOf(ref)]!
    const at = this.#segments.byteOf(ref) / 4
    words.fill(0, at, at + HEADER_BYTES / 4)
    this.#index.words[IndexWord.serial]!++
    words[at + Word.state] = State.filling
    words[at + Word.serial] = this.#index.words[IndexWord.serial]!
    words[at + Word.units] = units
    this.#placed.set(ref, { slot, units })
    return ref
  }

  /** Evicts what stands in the way of a record of so many bytes; there is room when its epoch has passed. */
  makeRoom(bytes: number): void {
    if (this.#opensAfter !== null || bytes > this.largest) return
    const units = Math.ceil(bytes / UNIT)
    if (this.#retired.units < units * PLENTY) {
      const run = cheapestRun(units, this.#segments, this.#places, this.#sieve)
      for (const ref of run) if (this.#index.isPublished(ref)) this.#evict(ref)
    }
    this.#retired.announce()
  }

  /** The key written into a place that this edge has, or undefined when it has no such place. */
  keyOf(slot: number, ref: number): Uint8Array | undefined {
    return this.#placed.get(ref)?.slot === slot ? this.#segments.key(ref) : undefined
  }

  /** The edge does not need the place that it got. */
  giveBack(slot: number, ref: number): void {
    const placed = this.#claimed(slot, ref)
    if (placed !== undefined) this.#free(ref, placed.units)
  }

  /** The same for places that others may read, as long as the first of them is held. */
  giveBackRead(slot: number, refs: readonly number[]): void {
    for (const ref of refs) {
      const placed = this.#claimed(slot, ref)
      if (placed !== undefined) this.#retired.add({ ref, units: placed.units, heldBy: refs[0]! })
    }
  }

  /**
   * Puts a record that an edge has filled into the index, in the place of an older one with its key. False when the place is
   * not (or no longer) this edge's, when the record does not fit its place, or when the index is full.
   */
  publish(slot: number, ref: number): boolean {
    const units = this.#filled(slot, ref)
    if (units === 0) return false
    if (!this.#index.purgedTags.mayComeIn(ref) || isOrphan(this.#index, ref)) {
      this.#free(ref, units)
      return false
    }
    if (!this.#enter(ref, units, this.#find(this.#segments.key(ref)))) return false
    this.#sieve.add(ref)
    this.#tell.stored(ref)
    for (let old = this.#sieve.victimOfQuota(ref); old !== 0; old = this.#sieve.victimOfQuota(ref)) this.#evict(old)
    return true
  }

  /** Puts a record that was read back from disk into the index, unless one with its key is there. Newest first. */
  restore(slot: number, ref: number): void {
    const units = this.#filled(slot, ref)
    if (units === 0) return
    if (this.#find(this.#segments.key(ref)) !== 0) this.#free(ref, units)
    else if (this.#enter(ref, units, 0)) {
      this.#sieve.addOldest(ref)
      this.#carryOut(ref, this.#index.purgedTags.verdict(ref))
    }
  }

  /**
   * Takes the record under this key out. Where it names the varying fields, all its variants are out of reach with it,
   * because their keys carry its serial; SIEVE clears them away, since nobody will mark them again.
   */
  invalidate(key: Uint8Array): boolean {
    const ref = this.#find(key)
    if (ref !== 0) this.#unlink(ref)
    return ref !== 0
  }

  /** The serial of the record under this key, 0 for none. */
  serialOf(key: Uint8Array): number {
    const ref = this.#find(key)
    return ref === 0 ? 0 : this.#segments.word(ref, Word.serial)
  }

  /** Remembers until `until` (wall clock, ms) that responses under this key are not stored, so that requests pass at once. */
  markNotStorable(key: Uint8Array, now: number, until: number): void {
    const there = this.#find(key)
    // One variant that is not storable says nothing of the others.
    if (there !== 0 && this.#segments.word(there, Word.flags) & Flag.variesBy) return
    const ref = this.take(CORE, HEADER_BYTES + key.length)
    if (ref === 0) return
    fillMark(this.#segments, ref, key, now, until)
    this.publish(CORE, ref)
  }

  /**
   * Lets edges serve the record at `ref`, stale as it is, until `until` (wall clock, ms) without asking; if it still is the
   * one for this key, or a variant below it.
   */
  lease(ref: number, key: Uint8Array, until: number): void {
    if (!this.#index.isPublished(ref)) return
    const stored = this.#segments.key(ref)
    if (!isAtOrBelow(stored, key)) return
    this.#segments.setTime(ref, Time.leaseUntil, until)
  }

  /**
   * Begins to purge every record whose key begins with one of these; the turns do it. A soft purge leaves them where they are,
   * to be served until new ones have come. `done` gets the number of responses.
   */
  purge(prefixes: readonly Uint8Array[], isSoft: boolean, done: (count: number) => void = () => {}): void {
    this.#purges.begin({
      concerns: (_, key) => prefixes.some(prefix => beginsWith(key, prefix)),
      act: ref => (isSoft ? this.#soften(ref) : this.#unlink(ref)),
      done: (count, until) => {
        for (const prefix of prefixes) this.#tell.purged(prefix, until, isSoft)
        done(count)
      },
    })
  }

  /** Purges what is stored under these primary keys softly: itself at once, variants in turns. `done` gets which of them had something. */
  soften(keys: readonly Uint8Array[], done: (stored: boolean[]) => void): void {
    const refs = keys.map(key => this.#find(key))
    const act = (ref: number): void => {
      this.#soften(ref)
      // Word of it for the copy on disk is the record itself, written once more.
      if (this.#index.isPublished(ref)) this.#tell.stored(ref)
    }
    for (const ref of refs) if (ref !== 0) act(ref)
    const stored = refs.map(ref => ref !== 0)
    const varied = new Set(keys.filter((_, i) => this.#isVaried(refs[i]!)).map(key => asText(key)))
    if (varied.size === 0) return done(stored)
    this.#purges.begin({ concerns: (_, key) => isVariantOf(varied, key), act, done: () => done(stored) })
  }

  /** Carries purges by tag out on each record that they concern; `done` when none is left of those that there were. */
  sweep(done: () => void): void {
    const tags = this.#index.purgedTags
    const act = (ref: number): void => this.#carryOut(ref, tags.verdict(ref))
    this.#purges.begin({ concerns: ref => tags.verdict(ref) !== Verdict.none, act, done })
  }

  get isPurging(): boolean {
    return this.#purges.isUnderWay
  }

  /** The edge in this slot has died: what it was filling is free, what it was reading is not read any more. */
  edgeGone(slot: number): void {
    this.#hazards.wipe(slot)
    for (const [ref, placed] of this.#placed) if (placed.slot === slot) this.giveBackRead(slot, [ref])
  }

  /**
   * Keeps the reserve, purges a little, and gives back what nobody reads any more. True when places have become free.
   * `announce` begins an epoch for whatever waits; otherwise one begins when an eighth of the reserve waits.
   */
  turn(announce: boolean): boolean {
    if (this.#opensAfter !== null) return this.#open()
    this.#purges.step()
    let found = true
    while (found && this.#places.freeUnits + this.#retired.units < this.#reserve) found = this.#evictOne()
    const isFileWaiting = this.#isFileRetired
    if (announce || isFileWaiting || this.#retired.unannounced > this.#reserve / 8) this.#retired.announce()
    this.#isFileRetired &&= this.#retired.unannounced > 0
    const extents = this.#retired.collect(this.#edges(), announce || isFileWaiting)
    for (const { ref, units } of extents) this.#free(ref, units)
    return extents.length > 0
  }

  /**
   * After a restart of core the edges may read records that are in no index any more, so nothing is given away before each
   * has acknowledged an epoch; then what is still held is known.
   */
  #open(): boolean {
    if (this.#opensAfter === null || !this.#epochs.passed(this.#opensAfter)) return false
    const extent = (ref: number) => ({ ref, units: this.#segments.word(ref, Word.units) })
    const used = new Set([...this.#index.refs(), ...[...this.#retired.all()].map(({ ref }) => ref)])
    for (const ref of this.#hazards.held(this.#edges())) {
      if (used.has(ref)) continue
      used.add(ref)
      this.#retired.add(extent(ref))
    }
    this.#places.rebuild([...used].map(extent))
    this.#opensAfter = null
    return true
  }

  #carryOut(ref: number, verdict: Verdict): void {
    if (verdict === Verdict.hard) this.#unlink(ref)
    else if (verdict === Verdict.soft) this.#soften(ref)
  }

  /** Marks are taken out: they say only that nothing was stored. Names of varying fields stay, so that variants are found. */
  #soften(ref: number): void {
    const flags = this.#segments.word(ref, Word.flags)
    if (flags & Flag.hitForMiss) this.#unlink(ref)
    else if (!(flags & Flag.variesBy)) this.#segments.setWord(ref, Word.flags, flags | Flag.purged)
  }

  #isVaried(ref: number): boolean {
    return ref !== 0 && (this.#segments.word(ref, Word.flags) & Flag.variesBy) !== 0
  }

  #find(key: Uint8Array): number {
    return this.#index.find(hashKey(this.#index.seed, key), NOTHING, key, 0, key.length)
  }

  #claimed(slot: number, ref: number): Placed | undefined {
    const placed = this.#placed.get(ref)
    if (placed?.slot !== slot) return undefined
    this.#placed.delete(ref)
    return placed
  }

  /** Takes the place out of the edge's hands: its units, or 0 when it is not the edge's or the record does not fit it. */
  #filled(slot: number, ref: number): number {
    const placed = this.#claimed(slot, ref)
    if (placed === undefined) return 0
    if (bytesAt(this.#segments, ref) <= placed.units * UNIT) return placed.units
    this.#places.free(ref, placed.units)
    return 0
  }

  /** Links the record into the index, in the place of the older one with its key, if any. Frees it when the index is full. */
  #enter(ref: number, units: number, older: number): boolean {
    const segments = this.#segments
    const hash = hashKey(this.#index.seed, segments.key(ref))
    segments.setWord(ref, Word.units, units)
    segments.setWord(ref, Word.hash, hash)
    segments.setTime(ref, Time.leaseUntil, 0)
    // What was asked for since the hand passed is worth keeping, whichever copy of it was sent.
    segments.setWord(ref, Word.visited, older === 0 ? 0 : segments.word(older, Word.visited))
    Atomics.store(segments.words[segments.segmentOf(ref)]!, segments.byteOf(ref) / 4 + Word.state, State.published)
    if (older !== 0) {
      this.#index.replace(this.#index.slotOf(hash, older), ref)
      this.#retire(older)
      return true
    }
    if (this.#sieve.count >= this.#index.slots / 2) this.#evictOne()
    if (this.#index.insert(hash, ref)) return true
    this.#free(ref, units)
    return false
  }

  /** Nobody needs the place, nor the file where the body lies in one. */
  #free(ref: number, units: number): void {
    const file = fileOf(this.#segments, ref)
    if (file !== undefined) this.#tell.dropped(file.name)
    this.#places.free(ref, units)
  }

  #evictOne(): boolean {
    const ref = this.#sieve.victim()
    if (ref !== 0) this.#evict(ref)
    return ref !== 0
  }

  #evict(ref: number): void {
    this.#evicted++
    this.#unlink(ref)
  }

  #unlink(ref: number): void {
    this.#index.remove(this.#index.slotOf(this.#segments.word(ref, Word.hash), ref))
    this.#retire(ref)
  }

  /** It is in the index no more, but edges may be reading it. */
  #retire(ref: number): void {
    for (const copy of copiesOf(this.#index, ref)) this.#unlink(copy)
    this.#sieve.remove(ref)
    if (fileOf(this.#segments, ref) !== undefined) this.#isFileRetired = true
    this.#segments.setWord(ref, Word.state, State.retired)
    this.#retired.add({ ref, units: this.#segments.word(ref, Word.units) })
  }
}

/** Stands for core itself among the slots of edges. */
export const CORE = -1
