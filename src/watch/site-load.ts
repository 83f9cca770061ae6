// What a site asks of its origins now, and what they bear, as the limiter counts both.

import type { OriginStats } from './stats.ts'

export interface SiteLoad {
  /** Requests in flight at the site's origins, and waiting for them. */
  open: number
  /** Requests that its origins may have in flight now. */
  limit: number
  waiting: number
  /** Of its origins, those that get requests. */
  up: number
}

/** Each origin's row tells how many wait at its site. */
export function loadOf(site: string, origins: readonly OriginStats[]): SiteLoad {
  const own = origins.filter(origin => origin.site === site)
  const waiting = Math.max(0, ...own.map(origin => origin.waiting))
  return {
    open: own.reduce((sum, { inFlight }) => sum + inFlight, waiting),
    limit: own.reduce((sum, { limit, state }) => sum + (state === 'up' ? limit : 0), 0),
    waiting,
    up: own.filter(({ state }) => state === 'up').length,
  }
}
