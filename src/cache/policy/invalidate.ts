// Invalidation (RFC 9111 section 4.4): after an unsafe request that went well, what is stored for its target, and for the
// places that the response names, may no longer be true.

import { first } from '../../http/fields.ts'
import type { Fields } from '../../http/fields.ts'

/** Safe by their registration with IANA. A method we do not know is taken for unsafe. */
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND', 'REPORT', 'SEARCH', 'QUERY'])

/** True for a method that asks for no change (RFC 9110 section 9.2.1). Methods are case-sensitive. */
export const isSafe = (method: string): boolean => SAFE.has(method)

/**
 * The targets (path and query, as in the cache key) whose stored responses are to be invalidated, the request's own first.
 * Empty for safe methods and for error answers. `base` is scheme and authority, as `https://example.org`, `target` the
 * exact bytes of the request. Places of another origin are never touched: one site must not empty another's cache.
 */
export function invalidatedTargets(
  request: { readonly method: string; readonly base: string; readonly target: string },
  status: number,
  response: Fields,
): readonly string[] {
  if (isSafe(request.method) || status < 200 || status > 399) return []
  const targets = new Set([request.target])
  const base = URL.parse(request.base + request.target)
  for (const name of ['location', 'content-location']) {
    const value = first(response, name)
    const uri = value === undefined || base === null ? null : URL.parse(value, base.href)
    if (uri !== null && uri.origin === base!.origin) targets.add(uri.pathname + uri.search)
  }
  return [...targets]
}
