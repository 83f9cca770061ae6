// Reads responses off a socket's bytes: where each ends (RFC 9112 section 6.3) and the few fields a rehearsal counts.
// Strict, since a shield that frames an answer wrongly has to show: what is in doubt is malformed, never guessed.
// Bytes are looked at in place, because a generator's own CPU is what limits the crowd it can play.
import { ChunkedBody } from './chunks.ts'
import { HeadBefore, ResponseHead } from './head.ts'

/** The largest head taken: browsers stop at 256 KiB, honest heads stay below 8. */
const LARGEST_HEAD_BYTES = 64 * 1024

/** What is kept of a page to look into: forms stand well within it. The last read may go 64 KiB beyond. */
const MOST_KEPT_BYTES = 1024 * 1024

const END_OF_HEAD = Buffer.from('\r\n\r\n')

/** One for all connections of a worker, where it stays in the processor's cache. */
const before = new HeadBefore()

/** What a read came to: more bytes are needed, the response is complete, or it is none. */
export type Progress = 'more' | 'done' | 'malformed'

/** Reads one response after the other; `begin` before each. */
export class ResponseReader {
  /** Of the response being read, or read last. */
  head: ResponseHead = before.head
  /** Whether the connection can carry another request after this response. */
  reusable = false
  readonly #chunks = new ChunkedBody()
  #stage: 'head' | 'length' | 'chunks' | 'close' | 'done' = 'done'
  #left = 0
  /** The bytes of a head that came in pieces. */
  #pieces: Buffer | undefined
  /** The body so far, when it is wanted. */
  #kept: Buffer[] | undefined
  #keptBytes = 0

  /** Makes ready for the answer to a GET or POST. `keep`: whether the body is wanted afterwards. */
  begin(keep = false): void {
    this.#stage = 'head'
    this.#pieces = undefined
    this.#kept = keep ? [] : undefined
    this.#keptBytes = 0
  }

  /** The body as UTF-8, as far as it was kept; empty when it was not asked for. */
  get body(): string {
    return Buffer.concat(this.#kept ?? []).toString('utf8')
  }

  /** Takes the first `length` bytes of `buffer`, which may be reused after the call. */
  read(buffer: Buffer, length: number): Progress {
    let at = 0
    while (at < length && this.#stage !== 'done') {
      at = this.#step(buffer, at, length)
      if (at < 0) return 'malformed'
    }
    if (this.#stage !== 'done') return 'more'
    if (at < length) this.reusable = false // bytes nobody asked for
    return 'done'
  }

  /** The other side has closed: whether that completes the response. */
  end(): 'done' | 'cut' {
    return this.#stage === 'close' || this.#stage === 'done' ? 'done' : 'cut'
  }

  /** Where reading goes on, or -1 for malformed. */
  #step(buffer: Buffer, at: number, length: number): number {
    if (this.#stage === 'head') return this.#readHead(buffer, at, length)
    if (this.#stage === 'chunks') {
      const next = this.#chunks.read(buffer, at, length, this.#onData)
      if (this.#chunks.done) this.#stage = 'done'
      return next
    }
    if (this.#stage === 'close') {
      this.#onData(buffer, at, length)
      return length
    }
    const taken = Math.min(this.#left, length - at)
    this.#onData(buffer, at, at + taken)
    this.#left -= taken
    if (this.#left === 0) this.#stage = 'done'
    return at + taken
  }

  /** A copy of what is wanted of the body: `buffer` is the socket's. */
  readonly #onData = (buffer: Buffer, from: number, to: number): void => {
    if (this.#kept === undefined || this.#keptBytes >= MOST_KEPT_BYTES) return
    this.#kept.push(Buffer.from(buffer.subarray(from, to)))
    this.#keptBytes += to - from
  }

  #readHead(buffer: Buffer, at: number, length: number): number {
    const same = this.#pieces === undefined ? before.again(buffer, at, length) : -1
    if (same >= 0) return this.#frame(before.head) ? same : -1
    const taken = this.#pieces?.length ?? 0
    const fresh = buffer.subarray(at, length)
    const bytes = this.#pieces === undefined ? fresh : Buffer.concat([this.#pieces, fresh])
    const end = bytes.indexOf(END_OF_HEAD) + END_OF_HEAD.length
    if (end < END_OF_HEAD.length) {
      this.#pieces = Buffer.from(bytes) // a copy: `buffer` is the socket's
      return bytes.length > LARGEST_HEAD_BYTES ? -1 : length
    }
    this.#pieces = undefined
    const head = ResponseHead.read(bytes, 0, end)
    if (head === undefined) return -1
    if (head.status >= 200) before.remember(head, bytes, 0, end) // an interim one is followed by the one that counts
    return this.#frame(head) ? at + end - taken : -1
  }

  /** Decides how the body ends (RFC 9112 section 6.3, for an answer to GET or POST). */
  #frame(head: ResponseHead): boolean {
    const { status, chunked, length } = head
    this.head = head
    this.reusable = head.reusable
    if (status < 200) return status !== 101 // an interim response: the real head follows
    if (status === 204 || status === 304 || length === 0) this.#stage = 'done'
    else if (chunked) this.#stage = 'chunks'
    else this.#stage = length < 0 ? 'close' : 'length'
    if (this.#stage === 'chunks') this.#chunks.begin()
    if (this.#stage === 'length') this.#left = length
    if (this.#stage === 'close') this.reusable = false
    return true
  }
}
