// Which stored response goes first, where sites have quotas. A site with one has a queue of its own and evicts only what is its own;
// all others share one queue for what lies in memory, and one for what lies on disk. So nobody's crowd pushes out what a site with a
// quota holds, that holds no more than its quota, in memory and on disk together, and large bodies push out no pages.

import { Word, UNIT } from '../store/layout.ts'
import { fileOf } from '../store/on-disk.ts'
import type { Segments } from '../store/segments.ts'
import { Sieve } from './sieve.ts'

/** Besides its place a record takes part of the index: 16 bytes of a half-empty table. One unit is more than enough. */
const BESIDE = 1
const SPACE = 32

interface Bounded {
  readonly sieve: Sieve
  /** In units, as `used`. */
  quota: number
  used: number
}

export class Sieves {
  readonly #segments: Segments
  #common: Sieve
  #disk: Bounded
  #bounded = new Map<string, Bounded>()
  #bytesOnDisk = 0

  constructor(segments: Segments) {
    this.#segments = segments
    this.#common = new Sieve(segments)
    this.#disk = { sieve: new Sieve(segments), quota: Infinity, used: 0 }
  }

  get count(): number {
    const bounded = [this.#disk, ...this.#bounded.values()]
    return bounded.reduce((sum, { sieve }) => sum + sieve.count, this.#common.count)
  }

  /** Of all sites. */
  get bytesOnDisk(): number {
    return this.#bytesOnDisk
  }

  /** New quotas in bytes, by the names of sites; `refs`: all that is in the queues, the oldest first, made when it is needed. */
  configure(quotas: ReadonlyMap<string, number>, refs: () => Iterable<number>): void {
    const isSame = ([site, bytes]: [string, number]): boolean => this.#bounded.get(site)?.quota === unitsOf(bytes)
    if (quotas.size === this.#bounded.size && [...quotas].every(isSame)) return
    const all = [...refs()]
    const made = ([site, bytes]: [string, number]): [string, Bounded] => [
      site,
      { sieve: new Sieve(this.#segments), quota: unitsOf(bytes), used: 0 },
    ]
    this.#bounded = new Map([...quotas].map(made))
    this.#common = new Sieve(this.#segments)
    this.#disk = { sieve: new Sieve(this.#segments), quota: this.#disk.quota, used: 0 }
    this.#bytesOnDisk = 0
    for (const ref of all) this.add(ref)
  }

  /** Sites without a quota hold so many bytes on disk at most from now on. What is over that, to be taken out one by one. */
  *boundDisk(bytes: number): Generator<number> {
    this.#disk.quota = unitsOf(bytes)
    while (this.#disk.used > this.#disk.quota && this.#disk.sieve.count > 0) yield this.#disk.sieve.victim()
  }

  /** Puts a record at the newest end of its queue. */
  add(ref: number): void {
    this.#count(ref, 1).add(ref)
  }

  /** Puts a record at the oldest end of its queue. */
  addOldest(ref: number): void {
    this.#count(ref, 1).addOldest(ref)
  }

  remove(ref: number): void {
    this.#count(ref, -1).remove(ref)
  }

  /** The record that should go next to make room in memory, 0 when there is none: of a site with a quota only when there is no other. */
  victim(): number {
    if (this.#common.count > 0) return this.#common.victim()
    const [fullest] = [...this.#bounded.values()].filter(({ used }) => used > 0).toSorted((a, b) => b.used - a.used)
    return (fullest ?? this.#disk).sieve.victim()
  }

  /** The record that should go next because the queue of this one is over its bound; 0 when it is not. */
  victimOfQuota(ref: number): number {
    const bounded = this.#boundedOf(ref)
    return bounded === undefined || bounded.used <= bounded.quota ? 0 : bounded.sieve.victim()
  }

  /** Counts the record in or out. Its queue. */
  #count(ref: number, sign: 1 | -1): Sieve {
    const onDisk = fileOf(this.#segments, ref)?.length ?? 0
    this.#bytesOnDisk += sign * onDisk
    const bounded = this.#boundedOf(ref)
    if (bounded === undefined) return this.#common
    bounded.used += sign * (this.#segments.word(ref, Word.units) + BESIDE + Math.ceil(onDisk / UNIT))
    return bounded.sieve
  }

  /** A key begins with the site's name and a space. */
  #boundedOf(ref: number): Bounded | undefined {
    return this.#quotaOf(ref) ?? (fileOf(this.#segments, ref) === undefined ? undefined : this.#disk)
  }

  #quotaOf(ref: number): Bounded | undefined {
    if (this.#bounded.size === 0) return undefined
    const key = this.#segments.key(ref)
    return this.#bounded.get(Buffer.from(key.subarray(0, key.indexOf(SPACE))).toString('latin1'))
  }
}

const unitsOf = (bytes: number): number => Math.floor(bytes / UNIT)
