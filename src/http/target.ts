// The request target (RFC 9112 section 3.2) as the cache key sees it: the exact bytes that the origin will see, neither
// decoded nor tidied. Two spellings of one address are two keys; that costs a miss, the other way round costs a leak.

/** A target to be served: origin-form, or absolute-form turned into it. */
export interface Target {
  readonly form: 'origin' | 'absolute'
  /** What the origin is sent and what the key holds: path and query, byte for byte. */
  readonly target: string
  readonly path: string
  /** With its question mark; empty when there is none. `/a?` and `/a` stay two targets. */
  readonly query: string
  /** Authority of an absolute-form target, as sent; it takes precedence over Host (RFC 9112 section 3.2.2). */
  readonly authority: string | undefined
  /** Scheme of an absolute-form target, lower-case. */
  readonly scheme: 'http' | 'https' | undefined
  /** No byte of the path can be read in two ways: see `isPlainPath`. */
  readonly plain: boolean
}

/** Visible ASCII and bytes beyond it; no fragment, which a client never sends, no space, no control character. */
const ALLOWED = /^[\x21\x22\x24-\x7e\x80-\xff]+$/
const ABSOLUTE = /^(https?):\/\/([^/?]+)(.*)$/i
const PLAIN = /^\/[A-Za-z0-9\-._~!$&'()*+,=:@/]*$/
const DOT_SEGMENT = /\/\.\.?(?:\/|$)/

/** undefined for whatever is neither origin-form nor absolute-form of http(s): `*`, CONNECT's authority, broken bytes. */
export function parseTarget(raw: string): Target | undefined {
  if (!ALLOWED.test(raw)) return undefined
  if (raw.startsWith('/')) return split('origin', raw, undefined, undefined)
  const found = ABSOLUTE.exec(raw)
  if (found === null) return undefined
  const [, scheme, authority, rest] = found
  // An empty path is sent as a slash (RFC 9112 section 3.2.1). User information is refused (RFC 9110 section 4.2.4).
  if (authority!.includes('@')) return undefined
  const target = rest!.startsWith('/') ? rest! : `/${rest}`
  return split('absolute', target, authority, scheme!.toLowerCase() as 'http' | 'https')
}

function split(form: Target['form'], target: string, authority: string | undefined, scheme: Target['scheme']): Target {
  const mark = target.indexOf('?')
  const path = mark === -1 ? target : target.slice(0, mark)
  return {
    form,
    target,
    path,
    query: mark === -1 ? '' : target.slice(mark),
    authority,
    scheme,
    plain: isPlainPath(path),
  }
}

/**
 * True when no origin can take the path for another: unreserved and sub-delims bytes only (RFC 3986), without `%`, `;`,
 * doubled slashes and dot segments. Rules that match by path may trust such a path alone.
 */
const isPlainPath = (path: string): boolean => PLAIN.test(path) && !path.includes('//') && !DOT_SEGMENT.test(path)
