// The cache key of a request: the site, the scheme, the host, and the target as the origin will see it. Query parameters
// and cookies that a rule ignores are taken out of both, the key and what is sent, so that no origin sees a byte that is not keyed.

import type { NameTest, RuleValues } from '../config/settings.ts'
import { withoutCookies } from '../http/cookies.ts'
import type { Fields } from '../http/fields.ts'
import { RULES_FIELD } from '../http/vary.ts'

type KeyRules = Pick<RuleValues, 'ignoresQuery' | 'dropsCookie' | 'keyed'>

/** The target without the query parameters that make no difference. Names are compared as written, not decoded. */
export function keyTarget(target: string, ignoresQuery: NameTest | null): string {
  if (ignoresQuery === null) return target
  const mark = target.indexOf('?')
  if (mark === -1) return target
  const pairs = target.slice(mark + 1).split('&')
  const kept = pairs.filter(pair => !ignoresQuery(pair.split('=', 1)[0]!))
  if (kept.length === pairs.length) return target
  const path = target.slice(0, mark)
  return kept.length === 0 ? path : `${path}?${kept.join('&')}`
}

/**
 * The end of the key, behind site, scheme and host: the target, and the names of what rules add to the key. With the names in
 * it, what was stored under other rules is not found under these; no target has a space in it.
 */
export function keyEnd(target: string, { ignoresQuery, keyed }: KeyRules): string {
  const end = keyTarget(target, ignoresQuery)
  return keyed === null ? end : `${end} ${keyed.names.join(' ')}`
}

/** The request's header as the key and, where the response may be stored, the origin see it. */
export function keyFields(fields: Fields, { dropsCookie, keyed }: KeyRules): Fields {
  const seen = dropsCookie === null ? fields : withoutCookies(fields, dropsCookie)
  return keyed?.names.includes(RULES_FIELD) === true ? [...seen, RULES_FIELD, keyed.rules] : seen
}
