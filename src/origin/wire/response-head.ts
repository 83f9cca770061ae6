// The head of an origin server's response, read from its text. What two readers could take for two different things is
// refused (RFC 9112 sections 4 to 6): bare line breaks, folded lines, bytes that no field may hold, two lengths, a length
// beside a coding, a coding other than chunked. Pure; test/fuzz/responses.ts holds it to what llhttp makes of the same bytes.

import type { Fields } from '../../http/fields.ts'

export interface ResponseHead {
  readonly status: number
  readonly fields: Fields
  /** Bytes of the body, 'chunked', or undefined where it ends with the connection. Of no body where none may follow. */
  readonly framing: number | 'chunked' | undefined
  /** The connection may carry another request. */
  readonly keepsAlive: boolean
  /** Milliseconds for which the origin keeps it, where it says so. */
  readonly keepsFor: number | undefined
}

/** What of the head frames the message or concerns the connection, as the lines are read. */
interface Framing {
  length: string | undefined
  coding: string | undefined
  connection: string
  keepAlive: string
  fault: string | undefined
}

const CR = 0x0d
const LF = 0x0a
const COLON = 0x3a
const SPACE = 0x20
const TAB = 0x09
/** A double holds 15 digits exactly. */
const LENGTH = /^\d{1,15}$/

/**
 * Codings that we did not ask for and would have to undo, and lists of them. A single name that is none of these, such as
 * `identity`, changes nothing: such a body ends with the connection (RFC 9112 section 6.3).
 */
const UNREADABLE = /,|^$|^(?:x-)?(?:gzip|deflate|compress)$/i

/** By character: bit 1 for those of a token, bit 2 for those of a field value (RFC 9110 sections 5.6.2 and 5.5). */
const KIND = new Uint8Array(256).map((_, code) => (isTokenCode(code) ? 3 : isValueCode(code) ? 2 : 0))

/** `text` is latin1, from the status line to the line break of the last field line. A string says what is wrong with it. */
export function readHead(text: string): ResponseHead | string {
  const http10 = text.startsWith('HTTP/1.0 ')
  const status = http10 || text.startsWith('HTTP/1.1 ') ? statusAt(text, 9) : 0
  const lines = status === 0 ? 0 : endOfReason(text, 12)
  if (lines === 0) return 'the status line is none'
  const framing = unframed()
  const fields = readFields(text, lines, framing)
  if (typeof fields === 'string') return fields
  return framing.fault ?? headOf(status, fields, framing, http10)
}

/** The trailer section in `text`, each line with its line break; a string says what is wrong with it. */
export function readTrailers(text: string): Fields | string {
  const framing = unframed()
  const fields = readFields(text, 0, framing)
  const isFramed = framing.length !== undefined || framing.coding !== undefined
  return isFramed ? 'the trailers say how the body before them is framed' : fields
}

/** The field lines of `text` from `at` to its end, as a flat list. */
function readFields(text: string, at: number, framing: Framing): Fields | string {
  const fields: Fields = []
  while (at < text.length) {
    const colon = skip(text, at, 1)
    if (colon === at || text.charCodeAt(colon) !== COLON) return 'a field line has no valid name'
    const end = skip(text, colon + 1, 2)
    if (text.charCodeAt(end) !== CR || text.charCodeAt(end + 1) !== LF)
      return 'a field line has a byte that none may have'
    const name = text.slice(at, colon)
    const value = trimmed(text, colon + 1, end)
    fields.push(name, value)
    note(framing, name, value)
    at = end + 2
  }
  return fields
}

const unframed = (): Framing => ({
  length: undefined,
  coding: undefined,
  connection: '',
  keepAlive: '',
  fault: undefined,
})

function headOf(status: number, fields: Fields, framing: Framing, http10: boolean): ResponseHead | string {
  const { length, coding, connection } = framing
  if (coding !== undefined) {
    if (length !== undefined) return 'there is a length beside a transfer coding'
    if (http10 || UNREADABLE.test(coding)) return 'the transfer coding is not the one of HTTP/1.1'
  }
  const isChunked = coding?.toLowerCase() === 'chunked'
  if (length !== undefined && !LENGTH.test(length)) return 'the length is no number'
  const isToClose = connection !== '' && /(?:^|,)[ \t]*close[ \t]*(?:,|$)/i.test(connection)
  const isKept = !http10 || /(?:^|,)[ \t]*keep-alive[ \t]*(?:,|$)/i.test(connection)
  const seconds = framing.keepAlive === '' ? null : /(?:^|,)[ \t]*timeout=(\d{1,6})/i.exec(framing.keepAlive)
  return {
    status,
    fields,
    framing: isChunked ? 'chunked' : length === undefined ? undefined : Number(length),
    keepsAlive: isKept && !isToClose,
    keepsFor: seconds === null ? undefined : Number(seconds[1]) * 1000,
  }
}

/** Lengths of the four names tell nearly all other names from them. */
function note(framing: Framing, field: string, value: string): void {
  if (field.length !== 10 && field.length !== 14 && field.length !== 17) return
  const name = field.toLowerCase()
  if (name === 'content-length') {
    if (framing.length !== undefined) framing.fault = 'there are two lengths'
    framing.length = value
  } else if (name === 'transfer-encoding') {
    if (framing.coding !== undefined) framing.fault = 'there are two transfer codings'
    framing.coding = value
  } else if (name === 'connection') framing.connection += `${value},`
  else if (name === 'keep-alive') framing.keepAlive += `${value},`
}

/** The first character from `at` on that is not of the kind. */
function skip(text: string, at: number, kind: number): number {
  while (at < text.length && (KIND[text.charCodeAt(at)]! & kind) !== 0) at++
  return at
}

/** Without the spaces and tabs around it (RFC 9110 section 5.5). */
function trimmed(text: string, from: number, to: number): string {
  while (from < to && isSpace(text.charCodeAt(from))) from++
  while (to > from && isSpace(text.charCodeAt(to - 1))) to--
  return text.slice(from, to)
}

/** Three digits from 100 on, 0 where there are none. */
function statusAt(text: string, at: number): number {
  const digits = text.slice(at, at + 3)
  return /^[1-9]\d\d$/.test(digits) ? Number(digits) : 0
}

/** Where the first field line begins behind a reason phrase, which may be missing with its space; 0 where it is no phrase. */
function endOfReason(text: string, at: number): number {
  const end = text.charCodeAt(at) === SPACE ? skip(text, at, 2) : at
  return text.charCodeAt(end) === CR && text.charCodeAt(end + 1) === LF ? end + 2 : 0
}

const isSpace = (code: number): boolean => code === SPACE || code === TAB

function isTokenCode(code: number): boolean {
  return /^[!#$%&'*+\-.^_`|~0-9A-Za-z]$/.test(String.fromCharCode(code))
}

function isValueCode(code: number): boolean {
  return code === TAB || (code >= SPACE && code !== 0x7f)
}
