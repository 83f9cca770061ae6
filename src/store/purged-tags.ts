// Purges by tag. A purge is one entry in a table: the tag's hash, and the number of this purge. A stored response keeps the
// hashes of its tags and the number of the last purge before it was asked for; it is purged once the table has a later one for
// one of its tags. So a purge costs the same whatever it concerns; only tagged responses are ever looked up.
//
// Core alone writes. When half of the entries are in use, core walks over the store to carry them out (Shelf.sweep), and
// begins the other of two tables. Should the table fill up before that is done, what is tagged counts as purged altogether:
// rather fetched once too often than shown once too long. So it is with two tags of one hash, too.

import { finishHash, hashBytes } from './hash.ts'
import { Flag, Word, tagsAt } from './layout.ts'
import type { Segments } from './segments.ts'

/** Entries of each table: some 1000 tags are purged in the hour of an eager site, so it is swept every other day. */
const SLOTS = 2 ** 16
/** Words of an entry: hash, number of the last hard purge, number of the last soft one; 0 for none. */
const ENTRY = 3
/** `used`: entries in use. `allHard`, `allSoft`: number of the last purge that found no entry. `forgotten`: of the last one that was carried out and forgotten. */
const Head = { count: 0, table: 1, allHard: 2, allSoft: 3, used: 4, forgotten: 5 } as const
const HEAD_WORDS = 16
/** From so many entries on the table is to be swept, and from so many on it counts as full. */
const SWEEP_AT = SLOTS / 2
const FULL_AT = (SLOTS / 8) * 7
/** FNV-1a's own beginning, and no secret: hashes of tags are on disk, and a hash hit on purpose purges too much, no more. */
const SEED = 0x811c9dc5

export const PURGED_TAGS_WORDS = HEAD_WORDS + 2 * SLOTS * ENTRY

/** What has become of a response. */
export const Verdict = { none: 0, soft: 1, hard: 2 } as const
export type Verdict = (typeof Verdict)[keyof typeof Verdict]

/** The hash of a tag, never 0. `scope` tells apart tags that have nothing to do with each other: the site, or the origin of a group. */
export function tagHash(scope: string, tag: string): number {
  const bytes = Buffer.from(`${scope}\n${tag}`)
  return finishHash(hashBytes(SEED, bytes, 0, bytes.length))
}

export class PurgedTags {
  readonly #words: Int32Array<SharedArrayBuffer>
  readonly #segments: Segments

  /** `words`: PURGED_TAGS_WORDS of shared memory. */
  constructor(words: Int32Array<SharedArrayBuffer>, segments: Segments) {
    this.#words = words
    this.#segments = segments
  }

  /** How many purges there have been. A response is younger than all that there were when it was asked for. */
  get count(): number {
    return Atomics.load(this.#words, Head.count)
  }

  /** What purges by tag make of the record at this place. */
  verdict(ref: number): Verdict {
    const segments = this.#segments
    const words = segments.words[segments.segmentOf(ref)]!
    const at = (ref % segments.unitsEach) * 16
    const tags = words[at + Word.tags]!
    if (tags === 0) return Verdict.none
    const born = words[at + Word.born]!
    const from =
      at + tagsAt(words[at + Word.keyLength]!, words[at + Word.fieldsLength]!, words[at + Word.bodyLength]!) / 4
    let verdict = this.#judge(born, this.#words[Head.allHard]!, this.#words[Head.allSoft]!)
    for (let i = from; i < from + tags && verdict !== Verdict.hard; i++) {
      const entry = this.#find(words[i]!)
      const own = this.#judge(born, this.#words[entry + 1]!, this.#words[entry + 2]!)
      if (own > verdict) verdict = own
    }
    return verdict
  }

  /** The flags of the record at this place, with `purged` where a soft purge concerns it. */
  flags(ref: number): number {
    const flags = this.#segments.word(ref, Word.flags)
    return this.verdict(ref) === Verdict.soft ? flags | Flag.purged : flags
  }

  /**
   * May the record at this place be published now? Not what was asked for before a purge that concerns it; nor what has tags and
   * was on its way while a purge was forgotten. For core.
   */
  mayComeIn(ref: number): boolean {
    if (this.#segments.word(ref, Word.tags) === 0) return true
    const born = this.#segments.word(ref, Word.born)
    return ((this.#words[Head.forgotten]! - born) | 0) <= 0 && this.verdict(ref) === Verdict.none
  }

  /** Has the table to be swept? */
  get isHalfFull(): boolean {
    return this.#used >= SWEEP_AT
  }

  /** Purges whatever has one of these tags and was asked for before now. For core. */
  purge(hashes: readonly number[], isSoft: boolean): void {
    const number = (this.count + 1) | 0
    for (const hash of hashes) this.#note(hash, number, isSoft)
    // After the entries: whoever sees the number sees them too, and whoever asks an origin before that is older.
    Atomics.store(this.#words, Head.count, number)
  }

  /**
   * All purges up to this number have been carried out: the other table begins, with the later ones. Nobody reads in it any more,
   * since no look goes on beyond one turn of the event loop. For core.
   */
  forget(upTo: number): void {
    const words = this.#words
    const from = this.#table
    const other = HEAD_WORDS + (1 - words[Head.table]!) * SLOTS * ENTRY
    words.fill(0, other, other + SLOTS * ENTRY)
    const isLater = (number: number): boolean => number !== 0 && ((number - upTo) | 0) > 0
    let used = 0
    for (let at = from; at < from + SLOTS * ENTRY; at += ENTRY) {
      if (!isLater(words[at + 1]!) && !isLater(words[at + 2]!)) continue
      const to = this.#find(words[at]!, other)
      words.set(words.subarray(at, at + ENTRY), to)
      used++
    }
    Atomics.store(words, Head.table, 1 - words[Head.table]!)
    for (const all of [Head.allHard, Head.allSoft]) if (!isLater(words[all]!)) words[all] = 0
    words[Head.used] = used
    words[Head.forgotten] = upTo
  }

  #note(hash: number, number: number, isSoft: boolean): void {
    const words = this.#words
    const entry = this.#find(hash)
    if (words[entry] === 0) {
      if (this.#used >= FULL_AT) {
        words[isSoft ? Head.allSoft : Head.allHard] = number
        return
      }
      words[Head.used] = this.#used + 1
    }
    words[entry + (isSoft ? 2 : 1)] = number
    Atomics.store(words, entry, hash)
  }

  get #used(): number {
    return this.#words[Head.used]!
  }

  get #table(): number {
    return HEAD_WORDS + Atomics.load(this.#words, Head.table) * SLOTS * ENTRY
  }

  /** The entry of this hash, or the free one where it would stand. There is one: a table is never quite full. */
  #find(hash: number, table = this.#table): number {
    let slot = hash & (SLOTS - 1)
    for (;;) {
      const found = this.#words[table + slot * ENTRY]!
      if (found === hash || found === 0) return table + slot * ENTRY
      slot = (slot + 1) & (SLOTS - 1)
    }
  }

  /** Numbers wrap after 2^32 purges, so that they are compared by their difference. */
  #judge(born: number, hard: number, soft: number): Verdict {
    if (hard !== 0 && ((hard - born) | 0) > 0) return Verdict.hard
    return soft !== 0 && ((soft - born) | 0) > 0 ? Verdict.soft : Verdict.none
  }
}
