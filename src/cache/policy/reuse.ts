// May this stored response answer this request now (RFC 9111 section 4)? Looks at the record's numbers and at what the
// request's Cache-Control asks for (section 5.2.1); that the key and the secondary key match is settled before.

import { deltaSeconds, isPresent, parseCacheControl, seconds } from '../../http/cachecontrol.ts'
import type { CacheControl } from '../../http/cachecontrol.ts'
import { combined } from '../../http/fields.ts'
import type { Fields } from '../../http/fields.ts'
import { Flag } from '../../store/layout.ts'
import type { Freshness } from './freshness.ts'
import type { Reused } from './reasons.ts'
import type { ReuseRules } from './rules.ts'

/**
 * `fresh`: serve it. `stale`: serve it, the client said that it takes stale ones. `stale, serve and refresh`: serve it and
 * fetch a new one beside it. `validate`: ask the origin, and serve nothing else. `stale if error`: ask the origin; should
 * it fail (500, 502, 503, 504, or no answer), serve it. `gateway timeout`: 504, the client wants the origin left alone.
 */
export type Use = 'fresh' | 'stale' | 'stale, serve and refresh' | 'validate' | 'stale if error' | 'gateway timeout'

export interface Reuse {
  readonly use: Use
  readonly reason: Reused
}

const NO_WISHES = parseCacheControl(undefined)

/** The decision for a stored response at `now` (wall clock, milliseconds). */
export function reuse(stored: Freshness, request: Fields, now: number, rules: ReuseRules = {}): Reuse {
  const control = requestControl(request)
  const wishes = rules.ignoresReload === true ? NO_WISHES : control
  const decision = decide(withFrozen(stored, rules), wishes, now)
  const asksOrigin = decision.use === 'validate' || decision.use === 'stale if error'
  return asksOrigin && isPresent(control, 'only-if-cached')
    ? { use: 'gateway timeout', reason: 'only-if-cached' }
    : decision
}

/** Milliseconds for which a frozen site shows what it has while its origin is off, where no rule says: a week. */
const FROZEN_FOR = 7 * 86_400_000

/**
 * While the site is frozen, the rule of this mode holds for what was stored in another one too, so that a site whose origin is switched
 * off stays there. RFC 9111 section 4.2.4 lets a cache that is disconnected do so, but where the response forbids it.
 */
function withFrozen(stored: Freshness, { mode, staleIfError }: ReuseRules): Freshness {
  if (mode !== 'frozen') return stored
  const until = stored.freshUntil + (staleIfError ?? FROZEN_FOR)
  return until > stored.errorUntil ? { ...stored, errorUntil: until } : stored
}

/** True when a request for which nothing is stored is to be answered with 504 (only-if-cached, section 5.2.1.7). */
export const wantsStoredOnly = (request: Fields): boolean => isPresent(requestControl(request), 'only-if-cached')

/** Cache-Control, or what `Pragma: no-cache` means where there is none (section 5.4, as HTTP/1.0 clients have it). */
function requestControl(request: Fields): CacheControl {
  const value = combined(request, 'cache-control')
  if (value !== undefined) return parseCacheControl(value)
  const pragma = parseCacheControl(combined(request, 'pragma'))
  return isPresent(pragma, 'no-cache') ? parseCacheControl('no-cache') : NO_WISHES
}

function decide(stored: Freshness, wishes: CacheControl, now: number): Reuse {
  const objection = responseObjection(stored, now)
  if (objection === 'response-no-cache') return { use: 'validate', reason: objection }
  const wish = wishObjection(stored, wishes, now)
  if (wish === 'request-no-cache') return { use: 'validate', reason: wish }
  if (wish !== undefined) return { use: onError(stored, wishes, now), reason: wish }
  if (objection === undefined) return { use: 'fresh', reason: 'fresh' }
  // A soft purge asks for a new response as soon as may be, and keeps nobody waiting for it: by its own lifetime it is fresh.
  if (objection === 'purged') return { use: 'stale, serve and refresh', reason: objection }
  return whenStale(stored, wishes, now, objection)
}

/** Stale: whether the origin, the client or the owner lets it be used all the same. */
function whenStale(stored: Freshness, wishes: CacheControl, now: number, objection: Reused): Reuse {
  if (acceptsStale(stored, wishes, now)) return { use: 'stale', reason: 'request-max-stale' }
  // A request's max-age says that it takes no stale response (section 5.2.1.1); min-fresh was asked before.
  if (!isPresent(wishes, 'max-age') && stored.revalidateUntil > stored.freshUntil && now < stored.revalidateUntil) {
    return { use: 'stale, serve and refresh', reason: 'stale-while-revalidate' }
  }
  return { use: onError(stored, wishes, now), reason: objection }
}

function responseObjection(stored: Freshness, now: number): Reused | undefined {
  if ((stored.flags & Flag.noCache) !== 0) return 'response-no-cache'
  if (now < stored.freshUntil) return (stored.flags & Flag.purged) === 0 ? undefined : 'purged'
  return (stored.flags & Flag.mustRevalidate) === 0 ? 'stale' : 'must-revalidate'
}

/** What of the request's wishes this response does not meet. A value that cannot be read counts as the strictest. */
function wishObjection(stored: Freshness, wishes: CacheControl, now: number): Reused | undefined {
  if (isPresent(wishes, 'no-cache')) return 'request-no-cache'
  const minFresh = seconds(wishes, 'min-fresh')
  if (minFresh === 'invalid') return 'request-min-fresh'
  if (minFresh !== undefined && stored.freshUntil - now < minFresh * 1000) return 'request-min-fresh'
  const maxAge = seconds(wishes, 'max-age')
  const limit = maxAge === 'invalid' ? 0 : maxAge
  // max-age=0 is a reload, and a response of this very second is older than no seconds.
  if (limit !== undefined && (limit === 0 || now - stored.ageBase > limit * 1000)) return 'request-max-age'
  return undefined
}

/** max-stale (section 5.2.1.2), which no response that forbids staleness gives way to (section 4.2.4). */
function acceptsStale(stored: Freshness, wishes: CacheControl, now: number): boolean {
  const forbidden = Flag.mustRevalidate | Flag.noCache | Flag.purged
  if ((stored.flags & forbidden) !== 0) return false
  const given = wishes.directives.get('max-stale')
  if (given === undefined) return false
  const limits = given.map(argument => (argument === undefined ? Infinity : (deltaSeconds(argument) ?? -1)))
  return now - stored.freshUntil <= Math.min(...limits) * 1000
}

/** stale-if-error: the response's or the rule's window, or the request's own (RFC 5861 section 4). Not for no-cache. */
function onError(stored: Freshness, wishes: CacheControl, now: number): 'validate' | 'stale if error' {
  // Still fresh, but not as fresh as the request would have it: better than an error.
  if (now < stored.freshUntil) return 'stale if error'
  if ((stored.flags & Flag.mustRevalidate) !== 0) return 'validate'
  const window = seconds(wishes, 'stale-if-error')
  const accepted = typeof window === 'number' && now - stored.freshUntil < window * 1000
  const granted = stored.errorUntil > stored.freshUntil && now < stored.errorUntil
  return accepted || granted ? 'stale if error' : 'validate'
}
