// Puts responses into the store: asks core for places, fills them, has them published. Core's side is core/shelf.ts.

import type { Fields } from '../http/fields.ts'
import { parseVary, secondaryKey } from '../http/vary.ts'
import type { LargeBodies } from '../large/bodies.ts'
import { fillRecord, recordBytes } from '../store/fill.ts'
import type { RecordContent } from '../store/fill.ts'
import type { StoreIndex } from '../store/index.ts'
import { variantSuffix } from '../store/keys.ts'
import { Flag, Word } from '../store/layout.ts'
import { toLines } from '../store/lines.ts'
import { findRecord } from './lookup.ts'
import type { Freshness } from './policy/freshness.ts'

/** What the keeper wants of core. All may be asked of a core that is away: places come as 0 then, the rest is lost. */
export interface CoreStore {
  /** A place of so many bytes, or 0. */
  place(bytes: number): Promise<number>
  /** `ask` is the flight that brought them and ends with it, 0 for none. Settles when every edge finds them; soon also when core is away. */
  publish(ask: number, refs: number[]): Promise<void>
  unplace(ref: number): void
}

/** A response to store. */
export interface Storable {
  /** The primary key. */
  key: string
  /** Fields of the request that the secondary key is made of. */
  request: Fields
  /** Names beside those in Vary that make the secondary key: what rules add to the cache key. */
  keyedBy: readonly string[]
  status: number
  fields: Fields
  freshness: Freshness
  body: readonly Uint8Array[]
  bodyLength: number
  /** The same body lies in a file already, and what stands for it in a record is this. */
  onDisk?: Uint8Array
  /** Wall clock, milliseconds. */
  storedAt: number
  /** Hashes of its tags, and how many purges by tag there had been when it was asked for. */
  tags: readonly number[]
  born: number
}

/** What stands in the store for it: the whole key, with what tells its variant, and the record's serial. */
export interface Kept {
  key: string
  serial: number
}

export class Keeper {
  readonly #index: StoreIndex
  readonly #core: CoreStore
  readonly #large: LargeBodies

  constructor(index: StoreIndex, core: CoreStore, large: LargeBodies) {
    this.#index = index
    this.#core = core
    this.#large = large
  }

  /** Stores the response; every edge finds it then. Undefined when no room was found for it. */
  async keep(ask: number, response: Storable): Promise<Kept | undefined> {
    const names = varyingNames(response)
    if (names === undefined) return undefined
    const file = await this.#file(response)
    if (file === undefined && response.onDisk !== undefined) return undefined
    const refs: number[] = []
    const suffix = names.length === 0 ? '' : await this.#variant(response, names, refs)
    const ref = suffix === undefined ? 0 : await this.#place(lyingIn(file, contentOf(response, suffix)))
    if (suffix === undefined || ref === 0) {
      for (const each of refs) this.#core.unplace(each)
      if (file !== undefined) this.#large.drop(file)
      return undefined
    }
    const kept = { key: response.key + suffix, serial: this.#index.segments.word(ref, Word.serial) }
    await this.#core.publish(ask, [...refs, ref])
    return kept
  }

  /** What stands in the record for a body that is large enough for a file; undefined where it is to lie in memory. */
  async #file({ onDisk, body, bodyLength }: Storable): Promise<Uint8Array | undefined> {
    if (onDisk !== undefined) return this.#large.again(onDisk)
    return this.#large.takes(bodyLength) ? this.#large.write(body, bodyLength) : undefined
  }

  /** The variant's suffix under the record that names what varies: the one that is there, or a new one added to `refs`. */
  async #variant(response: Storable, names: readonly string[], refs: number[]): Promise<string | undefined> {
    const { segments } = this.#index
    const text = names.join(',')
    const secondary = secondaryKey(names, response.request)
    const there = findRecord(this.#index, response.key)
    const isSame =
      there !== 0 &&
      (segments.word(there, Word.flags) & Flag.variesBy) !== 0 &&
      Buffer.from(segments.fields(there)).toString('latin1') === text
    if (isSame) return variantSuffix(segments.word(there, Word.serial), secondary)
    const ref = await this.#place(variesBy(response, text))
    if (ref === 0) return undefined
    refs.push(ref)
    return variantSuffix(segments.word(ref, Word.serial), secondary)
  }

  async #place(content: RecordContent): Promise<number> {
    const ref = await this.#core.place(recordBytes(content))
    if (ref !== 0) fillRecord(this.#index.segments, ref, content)
    return ref
  }
}

/** The names of the fields that make the secondary key, sorted; undefined where nothing else would match. */
export function varyingNames({ fields, keyedBy }: Pick<Storable, 'fields' | 'keyedBy'>): readonly string[] | undefined {
  const vary = parseVary(fields)
  if (vary === '*') return undefined
  return keyedBy.length === 0 ? vary : [...new Set([...vary, ...keyedBy])].sort()
}

/** What lies in the store for this response under its primary key and the suffix. */
export function contentOf(response: Storable, suffix: string): RecordContent {
  const { fields, freshness, body, bodyLength, status, storedAt, tags, born } = response
  const lines = Buffer.from(toLines(fields), 'latin1')
  return { key: latin1(response.key + suffix), lines, body, bodyLength, status, storedAt, tags, born, ...freshness }
}

const lyingIn = (file: Uint8Array | undefined, content: RecordContent): RecordContent =>
  file === undefined
    ? content
    : { ...content, body: [file], bodyLength: file.length, flags: content.flags | Flag.onDisk }

/** The record that stands under the primary key while responses vary. It never goes stale by itself. */
function variesBy(response: Storable, names: string): RecordContent {
  const { storedAt } = response
  return {
    key: latin1(response.key),
    lines: latin1(names),
    body: [],
    bodyLength: 0,
    status: 0,
    flags: Flag.variesBy,
    storedAt,
    ageBase: storedAt,
    freshUntil: Infinity,
    revalidateUntil: Infinity,
    errorUntil: Infinity,
  }
}

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1')
