// The header field names that mean something to the fast lane. While a head is read each name is hashed without making a
// string of it; a hash that is not in this table belongs to a field that cannot change how a stored response is
// served. Two names with one hash would at worst send a request to the slow lane, or be told apart by comparing.

export const Name = {
  /** The request is the slow lane's, for this once. */
  slow: 1,
  host: 2,
  connection: 3,
  /** If-None-Match and If-Modified-Since. */
  conditional: 4,
  /** Tells the scheme, if the peer is a trusted proxy. */
  forwarded: 5,
  /** The request may have a body or wants another protocol: the connection is the slow lane's for good. */
  body: 6,
  /** How long the body is. */
  length: 7,
} as const

const HASH_BASE = 0x811c9dc5

/** Preconditions and ranges beyond the two that browsers send, the request's own cache directives, credentials. */
const SLOW_FIELDS = [
  ...['range', 'if-range', 'if-match', 'if-unmodified-since', 'cache-control', 'pragma'],
  ...['authorization', 'proxy-authorization', 'content-encoding', 'content-type', 'x-http-method-override'],
]
/** Framing and change of protocol (RFC 9112 section 6, RFC 9110 sections 7.8 and 10.1.1). */
const BODY_FIELDS = [
  ...['transfer-encoding', 'trailer', 'te', 'expect', 'upgrade', 'http2-settings'],
  ...['proxy-connection', 'keep-alive'],
  // What a CGI-like origin takes for a length or a coding: the slow lane refuses it.
  ...['content_length', 'transfer_encoding'],
]

const meanings = new Map<number, number>()
const spellings = new Map<number, string>()

define('host', Name.host)
define('connection', Name.connection)
define('if-none-match', Name.conditional)
define('if-modified-since', Name.conditional)
define('forwarded', Name.forwarded)
define('x-forwarded-proto', Name.forwarded)
define('content-length', Name.length)
for (const name of SLOW_FIELDS) define(name, Name.slow)
for (const name of BODY_FIELDS) define(name, Name.body)

function define(name: string, meaning: number): void {
  const hash = hashName(Buffer.from(name), 0, name.length)
  meanings.set(hash, meaning)
  spellings.set(hash, name)
}

/** The hash of the name in bytes[from, to), upper and lower case alike. */
function hashName(bytes: Uint8Array, from: number, to: number): number {
  let hash = HASH_BASE
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ (bytes[i]! | 0x20), 0x01000193)
  return hash
}

/** What the field name in bytes[from, to) means (Name), 0 for nothing. */
export function meaningOf(bytes: Uint8Array, from: number, to: number): number {
  const hash = hashName(bytes, from, to)
  const meaning = meanings.get(hash)
  if (meaning !== undefined) return isSpelt(spellings.get(hash)!, bytes, from, to) ? meaning : Name.body
  // Fields that begin with "breakwater-" are ours alone; the slow lane strips them.
  return to - from > 11 && isSpelt('breakwater-', bytes, from, from + 11) ? Name.slow : 0
}

function isSpelt(name: string, bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from !== name.length) return false
  for (let i = 0; i < name.length; i++) if ((bytes[from + i]! | 0x20) !== (name.charCodeAt(i) | 0x20)) return false
  return true
}
