// Reads a request line in place and hashes the target on the way. Only `GET`, `HEAD` and `POST` of an origin-form target
// with HTTP/1.1, set apart by single spaces, are the fast lane's (RFC 9112 section 3).

import { TARGET, byteClass } from './bytes.ts'

/** Longest target the fast lane looks at; the slow lane has the configured bound. */
export const MAX_TARGET = 2048

const SLASH = 0x2f
const SPACE = 0x20
/** "GET ", "HEAD" and "POST" as the four bytes lie in memory, read big-endian. */
const GET_ = 0x47455420
const HEAD = 0x48454144
const POST = 0x504f5354
/** "HTTP" and "/1.1", read big-endian. */
const HTTP = 0x48545450
const ONE_ONE = 0x2f312e31
const CRLF = 0x0d0a
/** Length of "HTTP/1.1\r\n". */
const VERSION_LENGTH = 10

/** The reader's findings, written over at each line: no object is made for a request. */
export const line = {
  head: false,
  targetFrom: 0,
  targetTo: 0,
  /** FNV-1a over the target, begun with `basis` (store/hash.ts), not finished. */
  hash: 0,
  /** Behind the line's CRLF. */
  end: 0,
}

/** Fills `line` from bytes[from, to). False in doubt or when the line is not whole yet. */
export function readRequestLine(bytes: Buffer, from: number, to: number, basis: number): boolean {
  if (to - from < 16) return false
  const word = word32(bytes, from)
  line.head = word === HEAD
  let at = from + 4
  if (word !== GET_ && ((!line.head && word !== POST) || bytes[at++] !== SPACE)) return false
  if (bytes[at] !== SLASH) return false
  line.targetFrom = at
  const limit = Math.min(to, at + MAX_TARGET)
  let hash = basis
  for (let byte = bytes[at]!; at < limit && byteClass[byte]! & TARGET; byte = bytes[++at]!) {
    hash = Math.imul(hash ^ byte, 0x01000193)
  }
  line.targetTo = at
  line.hash = hash
  line.end = at + 1 + VERSION_LENGTH
  return line.end <= to && bytes[at] === SPACE && isVersion(bytes, at + 1)
}

function isVersion(bytes: Buffer, at: number): boolean {
  return (
    word32(bytes, at) === HTTP && word32(bytes, at + 4) === ONE_ONE && ((bytes[at + 8]! << 8) | bytes[at + 9]!) === CRLF
  )
}

function word32(bytes: Buffer, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
}
