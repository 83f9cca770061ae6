// A stored response made ready to be sent with one write: status line, fields and body in one private buffer of the edge.
// Its Age and Cache-Status change each second, so the head is written anew, in place, at the first hit of a second; the
// head is set flush against the body, so that it may grow and shrink. While a write from the buffer is pending it is not
// touched: the next second's head goes into a new buffer.

import type { RuleValues } from '../config/settings.ts'
import type { RateSettings } from '../config/types.ts'
import type { Coding } from '../http/codings.ts'
import { evaluate } from '../http/conditional.ts'
import { edited } from '../http/edits.ts'
import { without } from '../http/fields.ts'
import type { Fields } from '../http/fields.ts'
import { hasNoBody, reasonPhrase } from '../http/status.ts'
import type { StoreIndex } from '../store/index.ts'
import { Early, Flag, Time, Word } from '../store/layout.ts'
import { Verdict } from '../store/purged-tags.ts'
import { fromLines, toLines } from '../store/lines.ts'
import { findCoded } from './lookup.ts'
import { isTimeToRefresh } from './policy/ahead.ts'
import { codedFields, variedFields } from './policy/coding.ts'
import { cacheStatus, hit, notModifiedFields, told, withoutTold } from './answer.ts'

/** Larger bodies are written from shared memory: a copy would cost more than the second buffer of a writev. */
const MAX_READY_BODY = 64 * 1024
/** Room for the status line, Age, Cache-Status and two lifetimes: 48 + 20 + 87 + 46 + 41 at their longest, and the empty line. */
const SLACK = 240

/** What the site's rules change in a response as it is sent. */
export type Sending = Pick<RuleValues, 'responseHeaders' | 'browserLifetime' | 'cdnLifetime' | 'keyed'>

/** In which form a response is sent. */
export interface Form {
  /** It is one of several: Vary says so. */
  readonly varies: boolean
  /** A compressed copy, and its place. */
  readonly coded?: { readonly coding: Coding; readonly ref: number }
}

/** As it is stored, and in no other form. */
const PLAIN: Form = { varies: false }

/** Where a buffer counts the writes that still read it. */
interface Pending {
  writes: number
}

export class Ready {
  /** Served since its head was written, and, as it was written, since the one before; 0 once that was looked at. */
  #served = 0
  servedBefore = 0
  /** The place that `body` lies in. */
  readonly ref: number
  /** The whole cache key. */
  readonly key: Uint8Array
  readonly lines: Uint8Array
  /** The rate limit that answers from here count for; null: none. */
  readonly rate: RateSettings | null
  readonly kind: number
  readonly serial: number
  readonly freshUntil: number
  /** A body too large for the buffer, in shared memory. */
  readonly body: Uint8Array | undefined
  readonly bodyLength: number
  whole!: Buffer
  headOnly!: Buffer
  stale = false
  /** Where answers from here are counted, with others of their kind. */
  route = { hits: 0, bytes: 0 }
  /** The head once more as HTTP/2 has it, for whoever sends that, with what it was made of. */
  encoded: { readonly of: Buffer; readonly head: Buffer } | undefined = undefined
  readonly #ageBase: number
  readonly #index: StoreIndex
  readonly #hash: number
  readonly #slot: number
  readonly #words: Int32Array
  readonly #times: Float64Array
  readonly #at: number
  readonly #status: number
  readonly #statusLine: string
  readonly #storedAt: number
  readonly #bodyAt: number
  /** The field lines as they lie in the store. */
  readonly #stored: Uint8Array
  readonly #sending: Sending
  #buffer: Buffer
  #pending: Pending = { writes: 0 }
  readonly #isTagged: boolean
  /** How many purges by tag there had been when the verdict was read. */
  #purges = -1
  #verdict: Verdict = Verdict.none
  #second = -1
  #isPurged = false
  /** What the head that is ready says. */
  #toldStale = false
  #dynamic = ''
  #notModified: Buffer | undefined
  /** Bytes of private memory. */
  size: number
  /** The place of the record, which is that of the body where it is sent as it is stored. */
  readonly #record: number
  readonly #form: Form
  /** Where the index holds the compressed copy that this is made of. */
  readonly #copy: Hold | undefined
  /** Compressed copies by their coding, each with the second in which it was looked for. */
  #copies: Map<Coding, { ready: Ready | undefined; second: number }> | undefined

  /** `ref` was found in the index just now; `sending` is what the site's rules change in the answer. */
  constructor(
    index: StoreIndex,
    ref: number,
    key: Uint8Array,
    kind: number,
    sending: Sending,
    rate: RateSettings | null = null,
    form: Form = PLAIN,
  ) {
    const { segments } = index
    const { coded } = form
    this.#index = index
    this.#hash = segments.word(ref, Word.hash)
    this.#slot = index.slotOf(this.#hash, ref)
    this.#record = ref
    this.ref = coded?.ref ?? ref
    this.#form = form
    this.#copy = coded === undefined ? undefined : holdOf(index, coded.ref)
    this.key = key
    this.rate = rate
    this.#stored = Buffer.from(segments.fields(ref))
    this.#sending = sending
    this.kind = kind
    const body = segments.body(this.ref)
    const lines = linesToSend(this.#stored, segments.word(ref, Word.status), sending, form, body.length)
    this.lines = lines
    const segment = segments.segmentOf(ref)
    this.#words = segments.words[segment]!
    this.#times = segments.times[segment]!
    this.#at = (ref % segments.unitsEach) * 16
    this.serial = this.#words[this.#at + Word.serial]!
    this.#isTagged = this.#words[this.#at + Word.tags] !== 0
    this.freshUntil = segments.time(ref, Time.freshUntil)
    this.#ageBase = segments.time(ref, Time.ageBase)
    this.#storedAt = segments.time(ref, Time.storedAt)
    this.#status = segments.word(ref, Word.status)
    this.#statusLine = `HTTP/1.1 ${this.#status} ${reasonPhrase(this.#status)}\r\n`
    this.bodyLength = body.length
    this.body = body.length > MAX_READY_BODY ? body : undefined
    this.#bodyAt = SLACK + lines.length
    this.#buffer = Buffer.allocUnsafeSlow(this.#bodyAt + (this.body === undefined ? body.length : 0))
    if (this.body === undefined) this.#buffer.set(body, this.#bodyAt)
    this.size = this.#buffer.length + lines.length + key.length
  }

  /** Compressed copies may stand beside it. */
  get isOneOfSeveral(): boolean {
    return this.#form.varies
  }

  /** Its compressed copy, ready to be sent; undefined where there is none. This one has been found good just now. */
  coded(coding: Coding, now: number): Ready | undefined {
    const known = this.#copies?.get(coding)
    if (known?.ready?.isGood(now) === true) return known.ready
    // One that is not there may be in a second: it is being made.
    if (known?.second === this.#second) return undefined
    const ready = this.#makeCoded(coding)
    this.size += (ready?.size ?? 0) - (known?.ready?.size ?? 0)
    this.#copies ??= new Map()
    this.#copies.set(coding, { ready, second: this.#second })
    return ready?.isGood(now) === true ? ready : undefined
  }

  #makeCoded(coding: Coding): Ready | undefined {
    const ref = findCoded(this.#index, this.#record, coding)
    if (ref === 0) return undefined
    const form = { varies: true, coded: { coding, ref } }
    return new Ready(this.#index, this.#record, this.key, this.kind, this.#sending, this.rate, form)
  }

  /** Is the record still the one this was made from, and may it be sent now? Brings the head up to date if so. */
  isGood(now: number): boolean {
    const words = this.#words
    const at = this.#at
    // The index first: bytes at a place that is in use again could look like anything.
    if (!this.#index.holds(this.#slot, this.#hash, this.#record) || words[at + Word.serial] !== this.serial)
      return false
    if (this.#copy !== undefined && !isHeld(this.#index, this.#copy)) return false
    if (this.#isTagged && this.#purges !== this.#index.purgedTags.count) this.#readTags()
    if (this.#verdict === Verdict.hard) return false
    const isPurged = this.#verdict === Verdict.soft || (words[at + Word.flags]! & Flag.purged) !== 0
    this.stale = isPurged || now >= this.freshUntil
    if (this.stale && now >= this.#times[(at >> 1) + Time.leaseUntil]!) return false
    if (words[at + Word.visited] !== 1) words[at + Word.visited] = 1
    this.#served++
    const second = Math.floor(now / 1000)
    if (second !== this.#second || this.stale !== this.#toldStale || isPurged !== this.#isPurged)
      this.#renew(now, second, isPurged)
    return true
  }

  /** The number first: of a purge that comes between, the next hit knows. */
  #readTags(): void {
    const { purgedTags } = this.#index
    this.#purges = purgedTags.count
    this.#verdict = purgedTags.verdict(this.#record)
  }

  /** The draw for the last second: see policy/ahead.ts. True when one request should go on to refresh it. */
  isDue(now: number, chance: number): boolean {
    const served = this.servedBefore
    this.servedBefore = 0
    if (this.stale || !isTimeToRefresh(this.freshUntil - this.#storedAt, this.freshUntil - now, served, chance))
      return false
    return Atomics.compareExchange(this.#words, this.#at + Word.early, Early.not, Early.due) !== Early.done
  }

  /** Keeps the bytes of `whole` and `headOnly` as they are until the function handed back is called. */
  hold(): () => void {
    const pending = this.#pending
    pending.writes++
    return () => void pending.writes--
  }

  /** 304 with its fields, if the client's preconditions find what it has unchanged. Good for the second of `isGood`. */
  notModified(preconditions: Fields): Buffer | undefined {
    const fields = formed(fromLines(this.#stored), this.#form, this.bodyLength)
    const stored = { status: this.#status, fields, length: this.bodyLength, receivedAt: this.#storedAt }
    if (evaluate('GET', preconditions, stored, this.#second * 1000).answer !== 'not modified') return undefined
    this.#notModified ??= Buffer.from(
      `HTTP/1.1 304 Not Modified\r\n${toLines(edited(withoutTold(notModifiedFields(fields), this.#sending), this.#sending.responseHeaders))}${this.#dynamic}`,
      'latin1',
    )
    return this.#notModified
  }

  #renew(now: number, second: number, isPurged: boolean): void {
    if (this.#pending.writes > 0) this.#moveOut()
    const age = Math.max(0, Math.floor((now - this.#ageBase) / 1000))
    const lifetimes = toLines(told(this.#sending, age))
    const revalidateUntil = this.#times[(this.#at >> 1) + Time.revalidateUntil]!
    const status = cacheStatus(hit({ freshUntil: this.freshUntil, revalidateUntil }, now, isPurged))
    this.#dynamic = `Age: ${age}\r\nCache-Status: ${status}\r\n${lifetimes}\r\n`
    const from = this.#bodyAt - this.#statusLine.length - this.lines.length - this.#dynamic.length
    const linesAt = from + this.#buffer.write(this.#statusLine, from, 'latin1')
    this.#buffer.set(this.lines, linesAt)
    this.#buffer.write(this.#dynamic, linesAt + this.lines.length, 'latin1')
    this.whole = this.#buffer.subarray(from)
    this.headOnly = this.#buffer.subarray(from, this.#bodyAt)
    this.servedBefore = this.#served
    this.#served = 0
    this.#second = second
    this.#isPurged = isPurged
    this.#toldStale = this.stale
    this.#notModified = undefined
  }

  /** A pending write still reads the old buffer; V8 keeps it until then. */
  #moveOut(): void {
    const old = this.#buffer
    this.#buffer = Buffer.allocUnsafeSlow(old.length)
    this.#buffer.set(old.subarray(this.#bodyAt), this.#bodyAt)
    this.#pending = { writes: 0 }
  }
}

/** Where the index holds a record: as long as it does, what lies at its place is that record. */
interface Hold {
  readonly ref: number
  readonly slot: number
  readonly hash: number
  readonly serial: number
}

function holdOf(index: StoreIndex, ref: number): Hold {
  const { segments } = index
  const hash = segments.word(ref, Word.hash)
  return { ref, hash, slot: index.slotOf(hash, ref), serial: segments.word(ref, Word.serial) }
}

/** It has been asked for again, too. */
function isHeld(index: StoreIndex, { ref, slot, hash, serial }: Hold): boolean {
  const { segments } = index
  if (!index.holds(slot, hash, ref) || segments.word(ref, Word.serial) !== serial) return false
  if (segments.word(ref, Word.visited) !== 1) segments.setWord(ref, Word.visited, 1)
  return true
}

/** The stored fields as this form of the response has them. */
function formed(stored: Fields, { varies, coded }: Form, length: number): Fields {
  if (coded !== undefined) return codedFields(stored, coded.coding, length)
  return varies ? variedFields(stored) : stored
}

/** What is stored, as it is where nothing has to change. A 204 has no Content-Length (RFC 9110 section 8.6). */
function linesToSend(stored: Uint8Array, status: number, sending: Sending, form: Form, length: number): Uint8Array {
  const { responseHeaders: edits, browserLifetime, cdnLifetime } = sending
  const isTold = browserLifetime !== undefined || cdnLifetime !== undefined
  if (edits === null && !isTold && !form.varies && !hasNoBody(status)) return stored
  const fields = withoutTold(formed(fromLines(stored), form, length), sending)
  const framed = hasNoBody(status) ? without(fields, name => name === 'content-length') : fields
  return Buffer.from(toLines(edited(framed, edits)), 'latin1')
}
