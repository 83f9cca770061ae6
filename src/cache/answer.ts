// What both lanes put into an answer from the store, so that they cannot differ: Cache-Status (RFC 9211) and the fields of
// a 304 (RFC 9110 section 15.4.5).

import { formatCacheStatus } from '../http/cachestatus.ts'
import type { CacheStatus } from '../http/cachestatus.ts'
import type { Fields } from '../http/fields.ts'
import { without } from '../http/fields.ts'

/** Our member of Cache-Status; the name stands here alone. */
export const cacheStatus = (status: Omit<CacheStatus, 'cache'>): string =>
  formatCacheStatus({ cache: 'breakwater', ...status })

/** For a hit; a negative ttl tells for how many seconds it has been stale. What was purged softly has no lifetime left. */
export const hit = (freshUntil: number, now: number, isPurged: boolean): Omit<CacheStatus, 'cache'> => {
  const ttl = Math.floor((freshUntil - now) / 1000)
  return isPurged ? { hit: true, ttl: Math.min(ttl, 0), detail: 'purged' } : { hit: true, ttl }
}

/** A 304 describes no content: what says how the body is made stays out, what tells stored responses apart stays in. */
export const notModifiedFields = (fields: Fields): Fields =>
  without(fields, name => name.startsWith('content-') && name !== 'content-location')
