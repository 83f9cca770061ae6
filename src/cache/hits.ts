// Hits for the fast lane: from the bytes of a request to a stored response that is ready to be sent. A direct-mapped table
// keeps the ready ones under the key as the request spells it; whatever needs thought (a rule that looks at more than
// the target, a stored response that has to be validated, a key that is not known) gets no answer, and the slow lane looks.

import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import type { RateSettings } from '../config/types.ts'
import type { Coding } from '../http/codings.ts'
import type { Fields } from '../http/fields.ts'
import { finishHash, hashBytes } from '../store/hash.ts'
import type { StoreIndex } from '../store/index.ts'
import { hashKey, variantSuffix } from '../store/keys.ts'
import { Flag, Word } from '../store/layout.ts'
import { fromLines } from '../store/lines.ts'
import { isForEveryone } from './policy/everyone.ts'
import { Ready } from './ready.ts'
import type { Sending } from './ready.ts'

/** Entries of the table: two keys that fall into one entry push each other out, which costs one copy of a body. */
const TABLE_SIZE = 8192
/** Private memory of an edge for ready responses: 512 of the largest (64 KiB), or 8192 of 4 KiB. */
const MAX_READY_BYTES = 32 * 1024 * 1024
const NOTHING = new Uint8Array(0)

/** The beginning of every cache key of one host of one site. */
export interface Prefix {
  readonly bytes: Uint8Array
  /** FNV-1a state behind the prefix (store/hash.ts). */
  readonly hash: number
  /** Number of what the rules make of the request's header: what is ready for one kind of request is not for another. */
  readonly kind: number
  /** What the rules make of a GET for this target; undefined where the slow lane has to look, or the cache is bypassed. */
  plan(target: string): Plan | undefined
}

export interface Plan {
  /** The beginning of the cache key: the prefix's own, or that of copies for everyone. */
  readonly under: Uint8Array
  /** The end of the cache key, from the target on. */
  readonly target: string
  /** The request's header as it makes the secondary key. */
  readonly fieldsOf: (fields: Fields) => Fields
  /** The visitor sees pages of their own: only what is the same for everyone may be sent. */
  readonly isSession: boolean
  /** The rate that hits count for; null: none. */
  readonly rate: RateSettings | null
  /** Where answers to it are counted, with others of its kind. */
  readonly route?: { hits: number; bytes: number }
  /** What to change in a response as it is sent; undefined where that is the slow lane's to do. */
  settingsFor(status: number, fields: Fields): Sending | undefined
}

/** The request's fields that the secondary key is made of, for as long as its header stays the same. */
export interface Variants {
  /** Secondary key by these field names, joined by commas (RFC 9111 section 4.1). */
  secondaryKey(names: string, fieldsOf: (fields: Fields) => Fields): string
  /** Of these codings the one that the client likes best; undefined: none. */
  coding(offers: readonly Coding[]): Coding | undefined
  /** Remembers the suffix of the last Vary seen, which on one connection is nearly always the next one too. */
  memo: { names: string; serial: number; suffix: Uint8Array } | undefined
}

/** Stands in the table in a response's place: the field names that the responses of one URL vary by. */
class Varies {
  readonly key: Uint8Array
  readonly serial: number
  readonly names: string
  readonly size: number
  readonly kind: number
  readonly #fieldsOf: Plan['fieldsOf']
  readonly #index: StoreIndex
  readonly #hash: number
  readonly #slot: number
  readonly #ref: number

  constructor(index: StoreIndex, ref: number, key: Uint8Array, kind: number, fieldsOf: Plan['fieldsOf']) {
    const { segments } = index
    this.kind = kind
    this.#fieldsOf = fieldsOf
    this.#index = index
    this.#hash = segments.word(ref, Word.hash)
    this.#slot = index.slotOf(this.#hash, ref)
    this.#ref = ref
    this.key = key
    this.serial = segments.word(ref, Word.serial)
    this.names = Buffer.from(segments.fields(ref)).toString('latin1')
    this.size = key.length
  }

  isGood(): boolean {
    const { segments } = this.#index
    if (!this.#index.holds(this.#slot, this.#hash, this.#ref)) return false
    if (segments.word(this.#ref, Word.serial) !== this.serial) return false
    // It is wanted as long as one of its variants is: without it none of them is found.
    if (segments.word(this.#ref, Word.visited) !== 1) segments.setWord(this.#ref, Word.visited, 1)
    return true
  }

  suffix(variants: Variants): Uint8Array {
    const memo = variants.memo
    if (memo?.serial === this.serial && memo.names === this.names) return memo.suffix
    const suffix = Buffer.from(variantSuffix(this.serial, variants.secondaryKey(this.names, this.#fieldsOf)), 'latin1')
    variants.memo = { names: this.names, serial: this.serial, suffix }
    return suffix
  }
}

export class Hits {
  readonly #table: (Ready | Varies | undefined)[] = Array.from({ length: TABLE_SIZE }, () => undefined)
  readonly #index: StoreIndex
  readonly #clock: Clock
  readonly #random: Random
  readonly #codings: () => readonly Coding[]
  #bytes = 0
  #hand = 0

  /** `codings`: those that responses are sent in, where there are copies. */
  constructor(index: StoreIndex, clock: Clock, random: Random, codings: () => readonly Coding[]) {
    this.#random = random
    this.#index = index
    this.#clock = clock
    this.#codings = codings
  }

  /** The rules have changed: what was made ready by the old ones is void. */
  clear(): void {
    this.#table.fill(undefined)
    this.#bytes = 0
  }

  /**
   * The stored response to the target bytes[from, to), to be sent before the event loop goes on, or undefined. `hash` is
   * the FNV-1a state behind prefix and target.
   */
  find(prefix: Prefix, variants: Variants, bytes: Buffer, from: number, to: number, hash: number): Ready | undefined {
    const now = this.#clock.now()
    const first = this.#lookup(prefix, bytes, from, to, hash, NOTHING, now)
    if (first === undefined) return undefined
    if (first instanceof Ready) return this.#isDue(first, now) ? undefined : this.#inForm(first, variants, now)
    const suffix = first.suffix(variants)
    const variant = this.#lookup(prefix, bytes, from, to, hashBytes(hash, suffix, 0, suffix.length), suffix, now)
    if (!(variant instanceof Ready) || this.#isDue(variant, now)) return undefined
    return this.#inForm(variant, variants, now)
  }

  /** One request goes on, to have it fetched anew before its time. */
  #isDue(ready: Ready, now: number): boolean {
    return ready.servedBefore > 0 && ready.isDue(now, this.#random.next())
  }

  /** Compressed as the client likes it best, where there is such a copy. */
  #inForm(plain: Ready, variants: Variants, now: number): Ready {
    if (!plain.isOneOfSeveral) return plain
    const coding = variants.coding(this.#codings())
    if (coding === undefined) return plain
    const before = plain.size
    const coded = plain.coded(coding, now)
    this.#bytes += plain.size - before
    return coded ?? plain
  }

  #lookup(prefix: Prefix, bytes: Buffer, from: number, to: number, hash: number, suffix: Uint8Array, now: number) {
    const at = finishHash(hash) & (TABLE_SIZE - 1)
    const found = this.#table[at]
    if (found !== undefined && found.kind === prefix.kind && isKey(found.key, prefix.bytes, bytes, from, to, suffix)) {
      if (found.isGood(now)) return found
    }
    const made = this.#make(prefix, bytes.toString('latin1', from, to), suffix, now)
    if (made !== undefined) this.#keep(at, made)
    return made
  }

  /** Looks into the store and makes what it finds ready, if it may be sent without a second thought. */
  #make(prefix: Prefix, target: string, suffix: Uint8Array, now: number): Ready | Varies | undefined {
    const plan = prefix.plan(target)
    if (plan === undefined) return undefined
    const key = Buffer.concat([plan.under, Buffer.from(plan.target, 'latin1'), suffix])
    const ref = this.#index.find(hashKey(this.#index.seed, key), NOTHING, key, 0, key.length)
    if (ref === 0) return undefined
    const segments = this.#index.segments
    const flags = segments.word(ref, Word.flags)
    if (flags & (Flag.hitForMiss | Flag.noCache | Flag.onDisk)) return undefined
    const isSpeltSo = plan.target === target && plan.under === prefix.bytes
    const spelt = isSpeltSo ? key : Buffer.concat([prefix.bytes, Buffer.from(target, 'latin1'), suffix])
    if (flags & Flag.variesBy) return new Varies(this.#index, ref, spelt, prefix.kind, plan.fieldsOf)
    const fields = fromLines(segments.fields(ref))
    const sending = plan.settingsFor(segments.word(ref, Word.status), fields)
    if (sending === undefined || (plan.isSession && !isForEveryone(fields))) return undefined
    const varies = (flags & Flag.mayBeCoded) !== 0 && this.#codings().length > 0
    const ready = new Ready(this.#index, ref, spelt, prefix.kind, sending, plan.rate, { varies })
    if (plan.route !== undefined) ready.route = plan.route
    return ready.isGood(now) ? ready : undefined
  }

  #keep(at: number, made: Ready | Varies): void {
    this.#bytes += made.size - (this.#table[at]?.size ?? 0)
    this.#table[at] = made
    while (this.#bytes > MAX_READY_BYTES) {
      const hand = this.#hand++ & (TABLE_SIZE - 1)
      const gone = this.#table[hand]
      if (gone === undefined || gone === made) continue
      this.#bytes -= gone.size
      this.#table[hand] = undefined
    }
  }
}

/** Is `key` these pieces, one behind the other? */
function isKey(
  key: Uint8Array,
  prefix: Uint8Array,
  bytes: Buffer,
  from: number,
  to: number,
  suffix: Uint8Array,
): boolean {
  if (key.length !== prefix.length + to - from + suffix.length) return false
  let at = prefix.length
  for (let i = from; i < to; i++) if (key[at++] !== bytes[i]) return false
  for (let i = 0; i < suffix.length; i++) if (key[at++] !== suffix[i]) return false
  for (let i = 0; i < prefix.length; i++) if (key[i] !== prefix[i]) return false
  return true
}
