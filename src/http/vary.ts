// Vary (RFC 9110 section 12.5.5) and the secondary key that it makes of a request (RFC 9111 section 4.1). Two requests
// share a secondary key when every field named by Vary is equal after changes that cannot alter its meaning.

import { cookiesOf } from './cookies.ts'
import { codingName } from './encoding.ts'
import { all, combined } from './fields.ts'
import type { Fields } from './fields.ts'
import { splitList } from './lists.ts'
import { isToken, quote, trimSpace } from './tokens.ts'
import { parseWeighted } from './weights.ts'
import type { Weighted } from './weights.ts'

/** `*`: no request can be known to match. Else the lower-case names, sorted, each once. */
export type Vary = '*' | readonly string[]

/** A longer Vary is read as `*`: real sites name up to 5 fields, and each is looked up at every hit. */
export const MAX_VARY_FIELDS = 32

/** Reads every line of Vary. A `*` among other members, and a member that is no field name, make all of it `*`. */
export function parseVary(fields: Fields): Vary {
  const members = new Set(splitList(combined(fields, 'vary') ?? '').map(name => name.toLowerCase()))
  if (members.size > MAX_VARY_FIELDS) return '*'
  for (const name of members) if (name === '*' || !isToken(name)) return '*'
  return [...members].sort()
}

/**
 * The request's secondary key: equal strings mean matching requests. `names` as from `parseVary`. A field that is absent
 * matches only where it is absent too (RFC 9111 section 4.1), so absent and empty differ. `cookie;name` stands for the values
 * of that cookie.
 */
export function secondaryKey(names: readonly string[], request: Fields): string {
  let key = ''
  for (const name of names) {
    if (name.startsWith(COOKIE)) {
      key += `${name}\n${cookieValues(request, name.slice(COOKIE.length))}`
      continue
    }
    const value = normalised(name, request)
    key += value === undefined ? `${name}\n` : `${name}:${value}\n`
  }
  return key
}

/** What a request says in this field, without what carries no meaning there; undefined where it has no such field. */
export function normalised(name: string, request: Fields): string | undefined {
  const lines = all(request, name)
  return lines.length === 0 ? undefined : normalise(name, lines)
}

/** The names that a secondary key is made of. */
export const namesIn = (secondary: string): string[] =>
  secondary
    .split('\n')
    .slice(0, -1)
    .map(line => line.split(':', 1)[0]!)

/** Are these fields that many visitors send alike? Not cookies, nor what tells one visitor from others. */
export const areCommon = (names: readonly string[]): boolean => names.every(name => COMMON.has(name))
const COMMON = new Set([
  // Content negotiation (RFC 9110 section 12.5): who has the same software and languages.
  ...['accept', 'accept-charset', 'accept-encoding', 'accept-language'],
  // Who comes by the same way from the same site.
  ...['host', 'origin', 'x-forwarded-proto'],
])

/**
 * Stands in a request's header, and among the names of what it varies by, for the site's rules that match by header fields or
 * cookies: its value names those that do. A response stored under such a rule is for requests that it matches. It never
 * leaves the process, and none comes in from outside.
 */
export const RULES_FIELD = 'breakwater-rules'

/** Begins a name that stands for the values of one cookie, `cookie;currency`: a rule's, since Vary cannot say it. */
const COOKIE = 'cookie;'

/** The name that stands for the values of this cookie. */
export const keyedCookie = (name: string): string => COOKIE + name

/** A line for each value; none where there is no such cookie. */
function cookieValues(request: Fields, name: string): string {
  const values = cookiesOf(request).filter(([each]) => each === name)
  return values.map(([, value]) => `=${escapeBreaks(value)}\n`).join('')
}

/** No lists, or values whose every byte may count: compared exactly. */
const EXACT = new Set(['authorization', 'cookie', 'from', 'host', 'origin', 'referer', 'user-agent'])
/** The order of members means nothing (RFC 9110 sections 12.5.3 and 12.5.4), weights do. */
const UNORDERED = new Set(['accept-encoding', 'accept-language', 'accept-charset'])

/** The lines of one field as one value, without what carries no meaning in that field. */
function normalise(name: string, lines: readonly string[]): string {
  if (EXACT.has(name)) return lines.map(escapeBreaks).join('\n ')
  const value = lines.join(', ')
  // Accept keeps its order: servers are known to take it for a preference among equal weights.
  const members = UNORDERED.has(name) || name === 'accept' ? parseWeighted(value) : undefined
  if (members === undefined) return splitList(value).map(trimSpace).map(escapeBreaks).join(',')
  const written = members.map(member => write(name, member))
  return (UNORDERED.has(name) ? written.sort() : written).join(',')
}

/** Values come without line breaks from any parser of HTTP; this holds even where one did not check. */
const escapeBreaks = (text: string): string => text.replaceAll('\n', '\\n')

function write(name: string, { value, parameters, q }: Weighted): string {
  const coding = name === 'accept-encoding' ? codingName(value) : value
  const rest = parameters.map(([key, text]) => `;${key}=${isToken(text) ? text : quote(text)}`).join('')
  return `${coding}${rest}${q === 1 ? '' : `;q=${q}`}`
}
