// Which stored response goes first, where sites have quotas. A site with one has a queue of its own and evicts only what is its own;
// all others share one queue. So nobody's crowd pushes out what a site with a quota holds, and that holds no more than its quota.

import { Word, UNIT } from '../store/layout.ts'
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
  #bounded = new Map<string, Bounded>()

  constructor(segments: Segments) {
    this.#segments = segments
    this.#common = new Sieve(segments)
  }

  get count(): number {
    return [...this.#bounded.values()].reduce((sum, { sieve }) => sum + sieve.count, this.#common.count)
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
    for (const ref of all) this.add(ref)
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

  /** The record that should go next to make room for any, 0 when there is none: of a site with a quota only when there is no other. */
  victim(): number {
    if (this.#common.count > 0) return this.#common.victim()
    const [fullest] = [...this.#bounded.values()].toSorted((a, b) => b.used - a.used)
    return fullest?.sieve.victim() ?? 0
  }

  /** The record that should go next because the site of this one is over its quota; 0 when it is not. */
  victimOfQuota(ref: number): number {
    const bounded = this.#boundedOf(ref)
    return bounded === undefined || bounded.used <= bounded.quota ? 0 : bounded.sieve.victim()
  }

  /** Counts the record in or out. Its queue. */
  #count(ref: number, sign: 1 | -1): Sieve {
    const bounded = this.#boundedOf(ref)
    if (bounded === undefined) return this.#common
    bounded.used += sign * (this.#segments.word(ref, Word.units) + BESIDE)
    return bounded.sieve
  }

  /** A key begins with the site's name and a space. */
  #boundedOf(ref: number): Bounded | undefined {
    if (this.#bounded.size === 0) return undefined
    const key = this.#segments.key(ref)
    return this.#bounded.get(Buffer.from(key.subarray(0, key.indexOf(SPACE))).toString('latin1'))
  }
}

const unitsOf = (bytes: number): number => Math.floor(bytes / UNIT)
