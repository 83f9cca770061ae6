// Cookies that make a request or a response somebody's own (DESIGN.md, invariant 1): every one that no rule calls harmless,
// since a cookie we know nothing about may be a session.

import { all } from '../../http/fields.ts'
import type { Fields } from '../../http/fields.ts'
import type { StoringRules } from './rules.ts'

type CookieRules = Pick<StoringRules, 'ignoresCookie'>

/** True when the request carries a cookie that may be one visitor's own. */
export const carriesOwnCookie = (request: Fields, rules: CookieRules): boolean =>
  cookieNames(request).some(name => rules.ignoresCookie?.(name) !== true)

/** True when the response sets a cookie that may be one visitor's own. */
export function setsOwnCookie(response: Fields, rules: CookieRules): boolean {
  const lines = [...all(response, 'set-cookie'), ...all(response, 'set-cookie2')]
  return lines.some(line => rules.ignoresCookie?.(nameOf(line.split(';', 1)[0]!)) !== true)
}

/** Names in every Cookie line (RFC 6265 section 4.2.1). A pair without `=` counts, whole, as a name. */
function cookieNames(request: Fields): string[] {
  const pairs = all(request, 'cookie').flatMap(line => line.split(';'))
  return pairs.map(nameOf).filter(name => name !== '')
}

const nameOf = (pair: string): string => pair.split('=', 1)[0]!.trim() || pair.trim()
