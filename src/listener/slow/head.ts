// Judges a request's head after llhttp has let it pass. Whatever two readers could take for two different things is
// refused here (RFC 9112 sections 3, 6 and 11), since a shield that guesses lets others be smuggled past it.
// llhttp (9.4, strict) refuses by itself: bare CR or LF, folded lines, white space before a colon, control bytes,
// repeated lengths, a length beside a coding, bytes beyond ASCII in targets. The corpus in test/listener holds it to that.

import type { Fields } from '../../http/fields.ts'
import { parseHost } from '../../http/host.ts'
import { parseTarget } from '../../http/target.ts'
import type { ReasonCode } from '../../reasons.ts'
import type { SlowLimits } from './types.ts'

/** What node:http tells of a head. */
export interface RawHead {
  method: string
  url: string
  httpVersion: string
  rawHeaders: Fields
  /** What its fields say, where that is known already. */
  found?: Found | undefined
}

export interface Head {
  method: string
  /** Origin-form, or `*` with OPTIONS. */
  target: string
  host: string
  httpVersion: '1.0' | '1.1'
  /** Without what outsiders may not send and without Expect, which is answered here. */
  fields: Fields
  /** Bytes of the body: undefined when it is chunked, 0 when there is none. */
  length: number | undefined
  expectsContinue: boolean
  sendsTrailersTo: boolean
}

export type Verdict = { head: Head; refuse?: undefined } | { refuse: ReasonCode; head?: undefined }

/** What the framing and routing fields say; each value once, whatever the number of lines. */
export interface Found {
  hosts: string[]
  lengths: string[]
  codings: string[]
  expectations: string[]
  te: string
  /** A field that a CGI-like origin takes for one that frames or routes. */
  disguised: boolean
  bytes: number
  /** What goes on into the rooms, which make lists of their own and leave this one as it is. */
  kept: Fields
}

const FRAMING = new Set(['host', 'content-length', 'transfer-encoding', 'connection', 'expect', 'upgrade'])
/** Longer targets than llhttp's own bound never come here; digits that a double holds exactly. */
const LENGTH = /^\d{1,15}$/

/** The head, or the reason to refuse it. Pure. */
export function checkHead(raw: RawHead, limits: SlowLimits): Verdict {
  if (raw.httpVersion !== '1.1' && raw.httpVersion !== '1.0') return { refuse: 'version-refused' }
  if (REFUSED_METHODS.has(raw.method)) return { refuse: 'method-refused' }
  if (raw.url.length > limits.targetBytes) return { refuse: 'target-too-long' }
  if (raw.rawHeaders.length > 2 * limits.headerCount) return { refuse: 'headers-too-large' }
  const found = raw.found ?? survey(raw.rawHeaders)
  if (found.bytes + raw.method.length + raw.url.length + REQUEST_LINE_REST > limits.headerBytes) {
    return { refuse: 'headers-too-large' }
  }
  if (found.disguised || found.hosts.length > 1) return { refuse: 'bad-request' }
  const route = routeOf(raw, found)
  const length = lengthOf(raw.httpVersion, found)
  if (route === undefined || length === 'ambiguous') return { refuse: 'bad-request' }
  if (length !== undefined && length > limits.requestBody) return { refuse: 'body-too-large' }
  const expectation = raw.httpVersion === '1.1' ? found.expectations.join(', ') : ''
  if (expectation !== '' && expectation.toLowerCase() !== '100-continue') return { refuse: 'expectation-unknown' }
  return {
    head: {
      method: raw.method,
      ...route,
      httpVersion: raw.httpVersion,
      fields: found.kept,
      length,
      expectsContinue: expectation !== '',
      sendsTrailersTo: raw.httpVersion === '1.1' && /(?:^|,)\s*trailers\s*(?:$|[,;])/i.test(found.te),
    },
  }
}

/** A tunnel is nothing a site offers; TRACE would show a page's scripts the cookies they may not read. */
const REFUSED_METHODS = new Set(['CONNECT', 'TRACE'])

/** Two spaces, `HTTP/1.1`, CRLF and the empty line. */
const REQUEST_LINE_REST = 14

/** Looks over the fields once. Whoever sends the same ones again need not have them looked at again. */
export function survey(fields: Fields): Found {
  const framing = { hosts: [], lengths: [], codings: [], expectations: [], te: '', disguised: false }
  const found: Found = { ...framing, bytes: 0, kept: fromOutside(fields) }
  for (let i = 0; i < fields.length; i += 2) {
    const value = fields[i + 1]!
    // Colon, space and line break: 4 bytes a line.
    found.bytes += fields[i]!.length + value.length + 4
    const name = fields[i]!.toLowerCase()
    if (name === 'host') found.hosts.push(value)
    else if (name === 'content-length') found.lengths.push(value)
    else if (name === 'transfer-encoding') found.codings.push(value)
    else if (name === 'expect') found.expectations.push(value)
    else if (name === 'te') found.te += `,${value}`
    else if (name.includes('_') && FRAMING.has(name.replaceAll('_', '-'))) found.disguised = true
  }
  return found
}

/** Target and host, undefined when they are invalid or disagree (RFC 9112 sections 3.2 and 3.2.2). */
function routeOf(raw: RawHead, found: Found): { target: string; host: string } | undefined {
  const [value] = found.hosts
  const named = value === undefined ? undefined : parseHost(value)
  if (value !== undefined && named === undefined) return undefined
  if (raw.url === '*') {
    return raw.method === 'OPTIONS' && named !== undefined ? { target: '*', host: named.authority } : undefined
  }
  // Bytes beyond ASCII have to be percent-encoded in a target (RFC 3986).
  const target = /^[\x21-\x7e]+$/.test(raw.url) ? parseTarget(raw.url) : undefined
  if (target === undefined) return undefined
  if (target.authority === undefined) return named && { target: target.target, host: named.authority }
  const absolute = parseHost(target.authority)
  // HTTP/1.0 may leave Host out beside an absolute-form target; HTTP/1.1 may not.
  const agrees = named === undefined ? raw.httpVersion === '1.0' : named.authority === absolute?.authority
  return absolute !== undefined && agrees ? { target: target.target, host: absolute.authority } : undefined
}

/** RFC 9112 section 6.3, with every doubt refused instead of repaired. */
function lengthOf(version: string, found: Found): number | undefined | 'ambiguous' {
  const { lengths, codings } = found
  if (codings.length > 0) {
    const plain = codings.length === 1 && codings[0]!.toLowerCase() === 'chunked'
    return plain && lengths.length === 0 && version === '1.1' ? undefined : 'ambiguous'
  }
  if (lengths.length === 0) return 0
  return lengths.length === 1 && LENGTH.test(lengths[0]!) ? Number(lengths[0]) : 'ambiguous'
}

/**
 * Breakwater's own fields mean something between its parts, so no outsider may send them; nor the spelling with an
 * underscore that CGI-like origins take for the same, of those and of X-Forwarded-*, by which an address is faked.
 */
function fromOutside(fields: Fields): Fields {
  const kept: Fields = []
  for (let i = 0; i < fields.length; i += 2) {
    if (!STRIPPED.test(fields[i]!)) kept.push(fields[i]!, fields[i + 1]!)
  }
  return kept
}

const STRIPPED = /^(?:breakwater[-_]|x_forwarded[-_]|x-forwarded_|x[-_]real_ip$|x_real-ip$|expect$)/i
