// A stored response made ready to be sent with one write: status line, fields and body in one private buffer of the edge.
// Its Age and Cache-Status change each second, so the head is written anew, in place, at the first hit of a second; the
// head is set flush against the body, so that it may grow and shrink. While a write from the buffer is pending it is not
// touched: the next second's head goes into a new buffer.

import { evaluate } from '../http/conditional.ts'
import type { Fields } from '../http/fields.ts'
import { reasonPhrase } from '../http/status.ts'
import { Flag, State, Time, Word } from '../store/layout.ts'
import { fromLines } from '../store/lines.ts'
import type { Segments } from '../store/segments.ts'
import { hitStatus, notModifiedLines } from './answer.ts'

/** Larger bodies are written from shared memory: a copy would cost more than the second buffer of a writev. */
const MAX_READY_BODY = 64 * 1024
/** Room for the status line, Age and Cache-Status: 48 + 20 + 72 at their longest, and the empty line. */
const SLACK = 160

/** Where a buffer counts the writes that still read it. */
interface Pending {
  writes: number
}

export class Ready {
  readonly ref: number
  /** The whole cache key. */
  readonly key: Uint8Array
  readonly lines: Uint8Array
  readonly serial: number
  readonly freshUntil: number
  /** A body too large for the buffer, in shared memory. */
  readonly body: Uint8Array | undefined
  readonly bodyLength: number
  whole!: Buffer
  headOnly!: Buffer
  stale = false
  readonly #ageBase: number
  readonly #words: Int32Array
  readonly #times: Float64Array
  readonly #at: number
  readonly #status: number
  readonly #statusLine: string
  readonly #storedAt: number
  readonly #bodyAt: number
  #buffer: Buffer
  #pending: Pending = { writes: 0 }
  #second = -1
  #dynamic = ''
  #notModified: Buffer | undefined

  /** `lines` are the field lines to send (store/lines.ts). */
  constructor(segments: Segments, ref: number, key: Uint8Array, lines: Uint8Array) {
    this.ref = ref
    this.key = key
    this.lines = lines
    const segment = segments.segmentOf(ref)
    this.#words = segments.words[segment]!
    this.#times = segments.times[segment]!
    this.#at = (ref % segments.unitsEach) * 16
    this.serial = this.#words[this.#at + Word.serial]!
    this.freshUntil = segments.time(ref, Time.freshUntil)
    this.#ageBase = segments.time(ref, Time.ageBase)
    this.#storedAt = segments.time(ref, Time.storedAt)
    this.#status = segments.word(ref, Word.status)
    this.#statusLine = `HTTP/1.1 ${this.#status} ${reasonPhrase(this.#status)}\r\n`
    const body = segments.body(ref)
    this.bodyLength = body.length
    this.body = body.length > MAX_READY_BODY ? body : undefined
    this.#bodyAt = SLACK + lines.length
    this.#buffer = Buffer.allocUnsafeSlow(this.#bodyAt + (this.body === undefined ? body.length : 0))
    if (this.body === undefined) this.#buffer.set(body, this.#bodyAt)
  }

  /** Bytes of private memory. */
  get size(): number {
    return this.#buffer.length + this.lines.length + this.key.length
  }

  /** Is the record still the one this was made from, and may it be sent now? Brings the head up to date if so. */
  isGood(now: number): boolean {
    const words = this.#words
    const at = this.#at
    if (words[at + Word.state] !== State.published || words[at + Word.serial] !== this.serial) return false
    if (words[at + Word.flags]! & Flag.purged) return false
    this.stale = now >= this.freshUntil
    if (this.stale && now >= this.#times[(at >> 1) + Time.leaseUntil]!) return false
    if (words[at + Word.visited] !== 1) words[at + Word.visited] = 1
    const second = Math.floor(now / 1000)
    if (second !== this.#second) this.#renew(now, second)
    return true
  }

  /** Keeps the bytes of `whole` and `headOnly` as they are until the function handed back is called. */
  hold(): () => void {
    const pending = this.#pending
    pending.writes++
    return () => void pending.writes--
  }

  /** 304 with its fields, if the client's preconditions find what it has unchanged. Good for the second of `isGood`. */
  notModified(preconditions: Fields): Buffer | undefined {
    const fields = fromLines(this.lines)
    const stored = { status: this.#status, fields, length: this.bodyLength, receivedAt: this.#storedAt }
    if (evaluate('GET', preconditions, stored, this.#second * 1000).answer !== 'not modified') return undefined
    this.#notModified ??= Buffer.from(
      `HTTP/1.1 304 Not Modified\r\n${notModifiedLines(fields)}${this.#dynamic}`,
      'latin1',
    )
    return this.#notModified
  }

  #renew(now: number, second: number): void {
    if (this.#pending.writes > 0) this.#moveOut()
    const age = Math.max(0, Math.floor((now - this.#ageBase) / 1000))
    this.#dynamic = `Age: ${age}\r\nCache-Status: ${hitStatus(this.freshUntil, now)}\r\n\r\n`
    const from = this.#bodyAt - this.#statusLine.length - this.lines.length - this.#dynamic.length
    const linesAt = from + this.#buffer.write(this.#statusLine, from, 'latin1')
    this.#buffer.set(this.lines, linesAt)
    this.#buffer.write(this.#dynamic, linesAt + this.lines.length, 'latin1')
    this.whole = this.#buffer.subarray(from)
    this.headOnly = this.#buffer.subarray(from, this.#bodyAt)
    this.#second = second
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
