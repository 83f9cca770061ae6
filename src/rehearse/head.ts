// The head of a response, of which a rehearsal needs the status, how the body ends, what a cache said of it, where it
// leads, which cookies it sets and whether it says to wait. Strict: a bare LF, a folded line, a space in a name, two different lengths make it
// malformed (RFC 9112 sections 2.2, 5 and 6).

const CR = 13
const LF = 10
const COLON = 58

/** Fields that are looked at. Names of other lengths are passed by without a look at their letters. */
const COUNTED = new Set([
  'age',
  'connection',
  'cache-status',
  'content-length',
  'transfer-encoding',
  'set-cookie',
  'location',
  'retry-after',
  'breakwater-waiting',
])
const NONE: readonly string[] = []
const LENGTHS = new Set(Array.from(COUNTED, name => name.length))

/** What a head says. Nobody changes it: all who were answered with the same bytes have the same head. */
export class ResponseHead {
  status = 0
  /** Whether it lets the connection carry another request. */
  reusable = false
  /** Whether there is a Cache-Status field, and whether a cache says in it that it answered from its store (RFC 9211). */
  judged = false
  hit = false
  /** Whether it is the page of a waiting room: the visitor has a place and will be let in. */
  waiting = false
  /** Retry-After in seconds, -1 without. */
  retryAfter = -1
  /** Age in seconds, -1 without. */
  age = -1
  /** Content-Length, -1 without. */
  length = -1
  chunked = false
  /** Values of the Set-Cookie fields, in their order; nearly always none, and then the same empty list. */
  setCookies: readonly string[] = NONE
  /** Location as written, or undefined. */
  location: string | undefined

  /** The head from `from` to `to`, its empty line included; undefined when it is malformed. */
  static read(bytes: Buffer, from: number, to: number): ResponseHead | undefined {
    const head = new ResponseHead()
    return head.#read(bytes, from, to) ? head : undefined
  }

  #read(bytes: Buffer, from: number, to: number): boolean {
    const fields = this.#readStatusLine(bytes, from)
    return fields > 0 && this.#readFields(bytes, fields, to - 2) && !(this.chunked && this.length >= 0)
  }

  /** Where the fields begin, or -1. */
  #readStatusLine(bytes: Buffer, from: number): number {
    const lineEnd = bytes.indexOf(LF, from)
    const match = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: [^\r]*)?\r$/.exec(bytes.toString('latin1', from, lineEnd))
    if (match === null) return -1
    this.reusable = match[1] === '1'
    this.status = Number(match[2])
    return lineEnd + 1
  }

  #readFields(bytes: Buffer, from: number, to: number): boolean {
    let at = from
    while (at < to) {
      const colon = endOfName(bytes, at, to)
      if (colon < 0) return false
      const lineEnd = endOfLine(bytes, colon + 1, to)
      if (lineEnd < 0 || !this.#readField(bytes, at, colon, lineEnd)) return false
      at = lineEnd + 2
    }
    return true
  }

  #readField(bytes: Buffer, from: number, colon: number, to: number): boolean {
    if (!LENGTHS.has(colon - from)) return true
    const name = bytes.toString('latin1', from, colon).toLowerCase()
    if (!COUNTED.has(name)) return true
    const written = bytes.toString('latin1', colon + 1, to).trim()
    if (name === 'set-cookie') this.setCookies = [...this.setCookies, written]
    if (name === 'location') this.location = written
    const value = written.toLowerCase()
    if (name === 'content-length') return this.#readLength(value)
    if (name === 'transfer-encoding') return this.#readEncoding(value)
    if (name === 'connection' && /(?:^|[,\s])close(?:$|[,\s])/.test(value)) this.reusable = false
    if (name === 'age' && /^\d{1,9}$/.test(value)) this.age = Number(value)
    if (name === 'retry-after' && /^\d{1,6}$/.test(value)) this.retryAfter = Number(value)
    if (name === 'breakwater-waiting') this.waiting = true
    if (name === 'cache-status') this.#readCacheStatus(value)
    return true
  }

  #readLength(value: string): boolean {
    if (!/^\d{1,15}$/.test(value) || (this.length >= 0 && this.length !== Number(value))) return false
    this.length = Number(value)
    return true
  }

  /** No coding but chunked is asked for, so no other may come, nor chunked twice. */
  #readEncoding(value: string): boolean {
    const good = value === 'chunked' && !this.chunked
    this.chunked = true
    return good
  }

  #readCacheStatus(value: string): void {
    this.judged = true
    this.hit ||= /;\s*hit(?:\s*[;,]|$)/.test(value)
  }
}

/** The head that was read last: a crowd is often answered with the same, byte for byte, whichever connections it comes on. */
export class HeadBefore {
  #bytes = Buffer.alloc(0)
  head = new ResponseHead()

  /** Where the head that begins at `from` ends when it is this one; else -1. */
  again(bytes: Buffer, from: number, to: number): number {
    const end = from + this.#bytes.length
    const isSame = end > from && end <= to && bytes.compare(this.#bytes, 0, this.#bytes.length, from, end) === 0
    return isSame ? end : -1
  }

  remember(head: ResponseHead, bytes: Buffer, from: number, to: number): void {
    this.head = head
    this.#bytes = Buffer.from(bytes.subarray(from, to))
  }
}

/** Index of the colon; -1 for a name that is empty, folded (obs-fold) or holds a space. */
function endOfName(bytes: Buffer, from: number, to: number): number {
  for (let at = from; at < to; at++) {
    const byte = bytes[at]!
    if (byte === COLON) return at === from ? -1 : at
    if (byte <= 32 || byte >= 127) return -1
  }
  return -1
}

/** Index of the CR of the CRLF that ends the line; -1 for a bare LF, a bare CR or a NUL. */
function endOfLine(bytes: Buffer, from: number, to: number): number {
  for (let at = from; at < to; at++) {
    const byte = bytes[at]!
    if (byte === CR) return bytes[at + 1] === LF ? at : -1
    if (byte === LF || byte === 0) return -1
  }
  return -1
}
