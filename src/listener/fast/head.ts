// Reads the field block of a request head, in place: which bytes are allowed, which fields there are that matter. Anything
// that is not plainly what every browser sends is a doubt, and a doubt is the slow lane's. A browser repeats its block byte
// for byte on a connection, so a block that was read once is kept and only compared.

import type { Coding } from '../../http/codings.ts'
import { preferredCoding } from '../../http/encoding.ts'
import { combined, without } from '../../http/fields.ts'
import type { Fields } from '../../http/fields.ts'
import { secondaryKey } from '../../http/vary.ts'
import { TOKEN, VALUE, byteClass } from './bytes.ts'
import { Name, meaningOf } from './names.ts'

const CR = 0x0d
const LF = 0x0a
const COLON = 0x3a

/** More field lines than this are left to the slow lane, whatever the configured bound. */
const MAX_LINES = 64
/** Returned by `readLine` for a line that is not ours. */
export const DOUBT = -1

/** What a field block says, as far as a stored response is concerned. */
export class Block {
  /** The block's own copy of its bytes, from the first field name to the empty line's LF. */
  readonly bytes: Buffer
  host = ''
  /** Has a field that only the slow lane understands. */
  slow = false
  /** Has If-None-Match or If-Modified-Since. */
  conditional = false
  /** The client said `Connection: close`. */
  close = false
  /** Bytes of the body, where the head tells of one. */
  length: number | undefined
  /** A proxy's word about the scheme is there. */
  forwarded = false
  /** See Variants in the cache room. */
  memo: { names: string; serial: number; suffix: Uint8Array } | undefined
  /** Who polls with it (admission/waiting/poll.ts). */
  standing: unknown = undefined
  /** Who is in a waiting room with it (admission/waiting/renewals.ts). */
  session: unknown = undefined
  #fields: Fields | undefined
  #wasAsked = false
  #coding: Coding | null | undefined

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  /**
   * Most blocks are never asked. Who the visitor is, is asked once a connection, and thousands of connections are open: a
   * list takes 2.5 KiB, so it is kept from the second question on.
   */
  get fields(): Fields {
    if (this.#fields !== undefined) return this.#fields
    const fields = splitLines(this.bytes)
    if (this.#wasAsked) this.#fields = fields
    this.#wasAsked = true
    return fields
  }

  secondaryKey(names: string, fieldsOf: (fields: Fields) => Fields): string {
    return secondaryKey(names.split(','), fieldsOf(this.fields))
  }

  /** Asked once for a block: what is on offer changes with the config only, and with that blocks are read anew. */
  coding(offers: readonly Coding[]): Coding | undefined {
    if (this.#coding === undefined)
      this.#coding = preferredCoding(combined(this.fields, 'accept-encoding'), offers) ?? null
    return this.#coding ?? undefined
  }

  /** The two preconditions that the fast lane answers, as a list of fields. */
  get preconditions(): Fields {
    return without(this.fields, name => name !== 'if-none-match' && name !== 'if-modified-since')
  }
}

/**
 * Where the block that begins at `from` ends (behind its empty line), -1 when the end is not there yet. Only CRLF CRLF
 * counts; a bare LF never ends a block here.
 */
export function endOfBlock(bytes: Buffer, from: number, to: number): number {
  // A head without any field: the empty line follows the request line at once.
  if (to - from >= 2 && bytes[from] === CR && bytes[from + 1] === LF) return from + 2
  const at = bytes.indexOf('\r\n\r\n', from, 'latin1')
  return at === -1 || at + 4 > to ? -1 : at + 4
}

/**
 * Reads the block bytes[from, to), which ends with the empty line; undefined in doubt, more than `allowed` lines being one, and
 * the length of a body unless it may have one.
 */
export function readBlock(
  bytes: Buffer,
  from: number,
  to: number,
  allowed: number,
  mayHaveBody = false,
): Block | undefined {
  const block = new Block(Buffer.from(bytes.subarray(from, to)))
  const end = block.bytes.length - 2
  const most = Math.min(MAX_LINES, allowed)
  let at = 0
  for (let lines = 0; at < end; lines++) {
    at = lines === most ? DOUBT : readLine(block, at, end)
    if (at === DOUBT) return undefined
  }
  return block.host === '' || (block.length !== undefined && !mayHaveBody) ? undefined : block
}

/** Reads one line; returns where the next begins, or DOUBT. */
export function readLine(block: Block, from: number, end: number): number {
  const bytes = block.bytes
  let colon = from
  while (colon < end && byteClass[bytes[colon]!]! & TOKEN) colon++
  // A line that begins with white space would be a folded one (RFC 9112 section 5.2): no token, so a doubt.
  if (colon === from || bytes[colon] !== COLON) return DOUBT
  let at = colon + 1
  while (at < end && byteClass[bytes[at]!]! & VALUE) at++
  if (bytes[at] !== CR || bytes[at + 1] !== LF) return DOUBT
  const meaning = meaningOf(bytes, from, colon)
  return meaning === 0 || note(block, meaning, bytes.toString('latin1', colon + 1, at)) ? at + 2 : DOUBT
}

/** Writes down what the line means; false in doubt (a body may follow, or a line that may stand once stands twice). */
function note(block: Block, meaning: number, value: string): boolean {
  switch (meaning) {
    case Name.host:
      // An empty one is a doubt too: a second one behind it would pass for the first.
      if (block.host !== '') return false
      block.host = trim(value)
      return block.host !== ''
    case Name.connection:
      return noteConnection(block, trim(value).toLowerCase())
    case Name.conditional:
      return (block.conditional = true)
    case Name.forwarded:
      return (block.forwarded = true)
    case Name.slow:
      return (block.slow = true)
    case Name.length:
      return noteLength(block, value)
    default:
      return false
  }
}

/** `keep-alive` and `close` alone are understood here; a list may name fields (RFC 9110 section 7.6.1). */
function noteConnection(block: Block, option: string): boolean {
  if (option === 'close') block.close = true
  return option === 'close' || option === 'keep-alive'
}

/** One length and no other, with no white space around it but spaces. What has more digits cannot have come whole. */
function noteLength(block: Block, value: string): boolean {
  const digits = /^ *(\d{1,9}) *$/.exec(value)?.[1]
  if (block.length !== undefined || digits === undefined) return false
  block.length = Number(digits)
  return true
}

/** Optional white space is space and tab, nothing else (RFC 9110 section 5.6.3). */
const trim = (value: string): string => value.replace(/^[ \t]+|[ \t]+$/g, '')

function splitLines(bytes: Buffer): Fields {
  const fields: Fields = []
  for (const line of bytes.toString('latin1', 0, bytes.length - 4).split('\r\n')) {
    const colon = line.indexOf(':')
    fields.push(line.slice(0, colon), trim(line.slice(colon + 1)))
  }
  return fields
}
