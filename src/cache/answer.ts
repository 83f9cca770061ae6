// What both lanes put into an answer from the store, so that they cannot differ: Cache-Status (RFC 9211) and the fields of
// a 304 (RFC 9110 section 15.4.5).

import type { RuleValues, Settings } from '../config/settings.ts'
import { OUR_NAME, formatCacheStatus } from '../http/cachestatus.ts'
import type { CacheStatus } from '../http/cachestatus.ts'
import type { Fields } from '../http/fields.ts'
import type { ReasonCode } from '../reasons.ts'
import type { Freshness } from './policy/freshness.ts'
import { first, without } from '../http/fields.ts'

/** Our member of Cache-Status. */
export const cacheStatus = (status: Omit<CacheStatus, 'cache'>): string =>
  formatCacheStatus({ cache: OUR_NAME, ...status })

/** The answer's fields with this detail in our member of Cache-Status, in the place of the one that is there. */
export const withDetail = (fields: Fields, detail: string): Fields =>
  fields.map((value, i) =>
    i % 2 === 1 && value.startsWith('breakwater;')
      ? `${value.replace(/; ?detail=[^;]*/, '')}; detail=${detail}`
      : value,
  )

/** Until when a stored response is fresh, and until when it may be served while a new one is fetched: wall clock, milliseconds. */
type Windows = Pick<Freshness, 'freshUntil' | 'revalidateUntil'>

/** For a hit; a negative ttl tells for how many seconds it has been stale. What was purged softly has no lifetime left. */
export const hit = (windows: Windows, now: number, isPurged: boolean): Omit<CacheStatus, 'cache'> => {
  const ttl = ttlOf(windows, now)
  return { hit: true, ttl: isPurged ? Math.min(ttl, 0) : ttl, detail: isPurged ? 'purged' : reasonForHit(windows, now) }
}

/** For whoever waited for a response that another request brought. */
export const collapsedHit = (windows: Windows, now: number): Omit<CacheStatus, 'cache'> => {
  return { hit: true, ttl: ttlOf(windows, now), collapsed: true, detail: 'collapsed' }
}

const ttlOf = ({ freshUntil }: Windows, now: number): number => Math.floor((freshUntil - now) / 1000)

/** As far as the clock alone tells; the slow lane may know more (serve.ts). */
const reasonForHit = ({ freshUntil, revalidateUntil }: Windows, now: number): ReasonCode =>
  now < freshUntil ? 'fresh' : now < revalidateUntil ? 'stale-while-revalidate' : 'stale'

/** The settings for this response: where rules match by its status or content type, with those that do. */
export const settledBy = (settings: Settings, status: number, fields: Fields): Settings =>
  settings.onResponse === null ? settings : settings.onResponse(status, first(fields, 'content-type'))

type TellRules = Pick<RuleValues, 'browserLifetime' | 'cdnLifetime' | 'keyed'>

/** What is left of the fields where rules say what browsers and a CDN in front are told. */
export function withoutTold(fields: Fields, { browserLifetime, cdnLifetime }: TellRules): Fields {
  if (browserLifetime === undefined && cdnLifetime === undefined) return fields
  return without(
    fields,
    name =>
      (browserLifetime !== undefined && FOR_BROWSERS.has(name)) || (cdnLifetime !== undefined && name === CDN_FIELD),
  )
}

/**
 * And what they are told. They subtract the age (RFC 9111 section 4.2.3), so it is added here. `age` in seconds. A cache in
 * front knows nothing of what rules key: what they do key it must not share.
 */
export function told({ browserLifetime, cdnLifetime, keyed }: TellRules, age: number): Fields {
  const fields: Fields = []
  const audience = keyed === null ? '' : 'private, '
  if (browserLifetime !== undefined) fields.push('Cache-Control', audience + lifetimeText(browserLifetime, age))
  if (cdnLifetime === undefined) return fields
  fields.push('CDN-Cache-Control', keyed === null ? lifetimeText(cdnLifetime, age) : 'no-store')
  return fields
}

const CDN_FIELD = 'cdn-cache-control'
const FOR_BROWSERS = new Set(['cache-control', 'expires', 'pragma'])

const lifetimeText = (lifetime: number, age: number): string =>
  lifetime < 1000 ? 'no-cache' : `max-age=${Math.floor(lifetime / 1000) + age}`

/** A 304 describes no content: what says how the body is made stays out, what tells stored responses apart stays in. */
export const notModifiedFields = (fields: Fields): Fields =>
  without(fields, name => name.startsWith('content-') && name !== 'content-location')
