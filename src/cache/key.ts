// The cache key of a request: the site, the scheme, the host, and the target as the origin will see it. Query parameters
// that a rule ignores are taken out of both, the key and what is sent, so that no origin sees a byte that is not keyed.

import type { NameTest } from '../config/settings.ts'

/** The target without the query parameters that make no difference. Names are compared as written, not decoded. */
export function keyTarget(target: string, ignoresQuery: NameTest | null): string {
  if (ignoresQuery === null) return target
  const mark = target.indexOf('?')
  if (mark === -1) return target
  const kept = target
    .slice(mark + 1)
    .split('&')
    .filter(pair => !ignoresQuery(pair.split('=', 1)[0]!))
  const path = target.slice(0, mark)
  return kept.length === 0 ? path : `${path}?${kept.join('&')}`
}

/**
 * The key under which requests with credentials share a flight and are remembered as not storable: apart from everyone
 * else's, so that a logged-in visitor's page neither keeps others waiting nor sends them past the cache.
 */
export const withCredentials = (key: string): string => `${key}\n!`
