// Heads into HPACK without a table that changes: each stands for itself, so those that are written here and those of nghttp2 may stand
// on one connection in any order (RFC 7541 section 6.2.2).

import { isHopByHop } from '../../http/hopbyhop.ts'
import { staticNumber } from './hpack.ts'
import type { Field } from './hpack.ts'

/** Bytes that the number of a length takes at most. */
const NUMBER_BYTES = 6
const STATUS = 8
/** Those with a number of their own in the table of appendix A. */
const STATUSES: Readonly<Record<string, number>> = { 200: 8, 204: 9, 206: 10, 304: 11, 400: 12, 404: 13, 500: 14 }

/** These fields, each by its name and value as they are. */
export function encodeFields(fields: readonly Field[]): Buffer {
  const bytes = Buffer.allocUnsafe(fields.reduce((sum, field) => sum + roomFor(field), 0))
  let at = 0
  for (const { name, value } of fields) {
    bytes[at++] = 0
    at = writeString(bytes, at, name)
    at = writeString(bytes, at, value)
  }
  return bytes.subarray(0, at)
}

/** The head of an answer in HTTP/1.1, from its status line to its empty line; fields of the connection stay out. */
export function encodeHead(head: Buffer): Buffer {
  const [statusLine = '', ...lines] = head.toString('latin1', 0, head.length - 4).split('\r\n')
  const bytes = Buffer.allocUnsafe(head.length + lines.length * 2 * NUMBER_BYTES + NUMBER_BYTES)
  let at = writeStatus(bytes, statusLine.slice(9, 12))
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).toLowerCase()
    if (isHopByHop(name)) continue
    const number = staticNumber.get(name)
    at = writeNumber(bytes, at, 0x0f, number ?? 0)
    if (number === undefined) at = writeString(bytes, at, name)
    at = writeString(bytes, at, line.slice(colon + 1).trim())
  }
  return bytes.subarray(0, at)
}

function writeStatus(bytes: Buffer, status: string): number {
  const number = STATUSES[status]
  if (number === undefined) return writeString(bytes, writeNumber(bytes, 0, 0x0f, STATUS), status)
  bytes[0] = 0x80 | number
  return 1
}

const roomFor = ({ name, value }: Field): number => 1 + name.length + value.length + 2 * NUMBER_BYTES

function writeString(bytes: Buffer, at: number, text: string): number {
  const from = writeNumber(bytes, at, 0x7f, text.length)
  return from + bytes.write(text, from, 'latin1')
}

/** A number that begins in the bits of `mask`, those above being 0 (RFC 7541 section 5.1); returns where the next thing goes. */
function writeNumber(bytes: Buffer, at: number, mask: number, value: number): number {
  if (value < mask) {
    bytes[at] = value
    return at + 1
  }
  bytes[at++] = mask
  let rest = value - mask
  for (; rest >= 0x80; rest >>>= 7) bytes[at++] = (rest & 0x7f) | 0x80
  bytes[at] = rest
  return at + 1
}
