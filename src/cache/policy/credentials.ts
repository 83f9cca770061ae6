// Cookies that make a request or a response somebody's own (DESIGN.md, invariant 1): every one that no rule calls harmless,
// since a cookie we know nothing about may be a session.

import { cookieName, cookiesOf } from '../../http/cookies.ts'
import { all } from '../../http/fields.ts'
import type { Fields } from '../../http/fields.ts'
import type { StoringRules } from './rules.ts'

type RequestRules = Pick<StoringRules, 'ignoresCookie'>
type ResponseRules = Pick<StoringRules, 'ignoresSetCookie'>

/** True when the request carries a cookie that may be one visitor's own. */
export const carriesOwnCookie = (request: Fields, rules: RequestRules): boolean =>
  cookiesOf(request).some(([name]) => rules.ignoresCookie?.(name) !== true)

/** True when the response sets a cookie that may be one visitor's own. */
export function setsOwnCookie(response: Fields, rules: ResponseRules): boolean {
  const lines = [...all(response, 'set-cookie'), ...all(response, 'set-cookie2')]
  return lines.some(line => rules.ignoresSetCookie?.(cookieName(line.split(';', 1)[0]!)) !== true)
}
