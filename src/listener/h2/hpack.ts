// Heads of requests out of HPACK (RFC 7541). The table that both sides keep changes with every head, so all heads of a connection are
// read here, in their order; fields that come from the table are the same objects again, by which a head that repeats is known at once.

import { unfold, unfolded } from './huffman.ts'

export interface Field {
  readonly name: string
  readonly value: string
}

/** Bytes of the table at most: what we tell in our settings, which is what holds before they are heard too (RFC 9113 section 6.5.2). */
export const TABLE_BYTES = 4096
/** What a field counts for in the table beside its name and value (section 4.1). */
const FIELD_BYTES = 32

/** A head that cannot be read: nobody knows what the table holds from there on (RFC 9113 section 4.3). */
export class CompressionError extends Error {}

/** A head larger, once unpacked, than anybody takes: one byte of the connection may stand for 4 KiB. */
class TooLargeError extends Error {}

// prettier-ignore
const STATIC = [
  ':authority', ':method GET', ':method POST', ':path /', ':path /index.html', ':scheme http', ':scheme https', ':status 200', ':status 204',
  ':status 206', ':status 304', ':status 400', ':status 404', ':status 500', 'accept-charset', 'accept-encoding gzip, deflate',
  'accept-language', 'accept-ranges', 'accept', 'access-control-allow-origin', 'age', 'allow', 'authorization', 'cache-control',
  'content-disposition', 'content-encoding', 'content-language', 'content-length', 'content-location', 'content-range', 'content-type',
  'cookie', 'date', 'etag', 'expect', 'expires', 'from', 'host', 'if-match', 'if-modified-since', 'if-none-match', 'if-range',
  'if-unmodified-since', 'last-modified', 'link', 'location', 'max-forwards', 'proxy-authenticate', 'proxy-authorization', 'range',
  'referer', 'refresh', 'retry-after', 'server', 'set-cookie', 'strict-transport-security', 'transfer-encoding', 'user-agent', 'vary',
  'via', 'www-authenticate',
]

/** RFC 7541 appendix A; its numbers begin with 1. */
const staticFields: readonly Field[] = STATIC.map(line => {
  const space = line.indexOf(' ')
  return space === -1 ? { name: line, value: '' } : { name: line.slice(0, space), value: line.slice(space + 1) }
})

/** The number of the first field of the name in the table that never changes. */
export const staticNumber: ReadonlyMap<string, number> = new Map(
  staticFields.map(({ name }, i): [string, number] => [name, i + 1]).toReversed(),
)

/** Room for strings as they are unpacked, which are at most as long as what they are cut from allows. */
let scratch = Buffer.allocUnsafeSlow(16 * 1024)

export class Decoder {
  /** The newest last. */
  readonly #table: Field[] = []
  #size = 0
  #bound = TABLE_BYTES
  #bytes: Buffer = scratch
  #at = 0
  #end = 0

  /** The fields of a head of at most so many bytes; throws what makes the connection worthless. */
  decode(bytes: Buffer, from: number, to: number, most: number): Field[] {
    const fields: Field[] = []
    let sum = 0
    this.#bytes = bytes
    this.#at = from
    this.#end = to
    while (this.#at < to) {
      const field = this.#next(fields.length === 0)
      if (field === undefined) continue
      sum += field.name.length + field.value.length + FIELD_BYTES
      if (sum > most) throw new TooLargeError('the head is too large')
      fields.push(field)
    }
    return fields
  }

  /** The next field; undefined for what says something of the table alone. */
  #next(isFirst: boolean): Field | undefined {
    const first = this.#bytes[this.#at]!
    if (first & 0x80) return this.#fieldAt(this.#number(0x7f))
    if ((first & 0xe0) === 0x20) {
      this.#rebound(this.#number(0x1f), isFirst)
      return undefined
    }
    const isKept = (first & 0x40) !== 0
    const named = this.#number(isKept ? 0x3f : 0x0f)
    const name = named === 0 ? this.#string() : this.#fieldAt(named).name
    const field = { name, value: this.#string() }
    if (isKept) this.#keep(field)
    return field
  }

  #fieldAt(number: number): Field {
    const field =
      number <= staticFields.length
        ? staticFields[number - 1]
        : this.#table[this.#table.length - (number - staticFields.length)]
    if (field === undefined) throw new CompressionError('no such field in the table')
    return field
  }

  #keep(field: Field): void {
    this.#size += sizeOf(field)
    this.#table.push(field)
    this.#evict()
  }

  #evict(): void {
    while (this.#size > this.#bound) this.#size -= sizeOf(this.#table.shift()!)
  }

  /** Only at the beginning of a head, and within what we allow (section 4.2). */
  #rebound(bound: number, isFirst: boolean): void {
    if (!isFirst || bound > TABLE_BYTES) throw new CompressionError('the table may not have that size')
    this.#bound = bound
    this.#evict()
  }

  /** A number that begins in the lowest bits of the next byte (section 5.1). */
  #number(mask: number): number {
    let value = this.#bytes[this.#at++]! & mask
    if (value < mask) return value
    for (let shift = 0; this.#at < this.#end && shift <= 21; shift += 7) {
      const byte = this.#bytes[this.#at++]!
      value += (byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    throw new CompressionError('a number that does not end')
  }

  /** Section 5.2. */
  #string(): string {
    if (this.#at >= this.#end) throw new CompressionError('the head ends within a field')
    const isPacked = (this.#bytes[this.#at]! & 0x80) !== 0
    const length = this.#number(0x7f)
    const from = this.#at
    const to = from + length
    if (to > this.#end) throw new CompressionError('the head ends within a field')
    this.#at = to
    if (!isPacked) return this.#bytes.toString('latin1', from, to)
    if (unfolded(length) > scratch.length) scratch = Buffer.allocUnsafeSlow(unfolded(length))
    const unpacked = unfold(this.#bytes, from, to, scratch)
    if (unpacked === -1) throw new CompressionError('no code of the table')
    return scratch.toString('latin1', 0, unpacked)
  }
}

const sizeOf = ({ name, value }: Field): number => name.length + value.length + FIELD_BYTES
