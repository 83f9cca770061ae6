// How many requests a second begin at each site. Edges count by site what has ended; what has begun besides is in flight at the site's
// origins or waits for them. Where there is one site, the edges' own count of what has begun is exact.

import type { Taken } from '../audience.ts'
import type { OriginStats } from '../stats.ts'

export interface SiteLoad {
  /** Requests in flight at the site's origins, and waiting for them. */
  open: number
  /** Requests that its origins may have in flight now. */
  limit: number
  waiting: number
}

/** Each origin's row tells how many wait at its site. */
export function loadOf(site: string, origins: readonly OriginStats[]): SiteLoad {
  const own = origins.filter(origin => origin.site === site)
  const waiting = Math.max(0, ...own.map(origin => origin.waiting))
  return {
    open: own.reduce((sum, { inFlight }) => sum + inFlight, waiting),
    limit: own.reduce((sum, { limit, state }) => sum + (state === 'up' ? limit : 0), 0),
    waiting,
  }
}

const answers = ({ satisfied, tolerating, frustrated }: Taken): number => satisfied + tolerating + frustrated

/** Begun between two looks a second apart. */
export const begunBetween = (before: { taken: Taken; open: number }, now: { taken: Taken; open: number }): number =>
  Math.max(0, answers(now.taken) - answers(before.taken) + now.open - before.open)
