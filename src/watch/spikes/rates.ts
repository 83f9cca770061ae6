// How many requests a second begin at each site. Edges count by site what has ended; what has begun besides is in flight at the site's
// origins or waits for them. Where there is one site, the edges' own count of what has begun is exact.

import type { Taken } from '../audience.ts'

const answers = ({ satisfied, tolerating, frustrated }: Taken): number => satisfied + tolerating + frustrated

/** Begun between two looks a second apart. */
export const begunBetween = (before: { taken: Taken; open: number }, now: { taken: Taken; open: number }): number =>
  Math.max(0, answers(now.taken) - answers(before.taken) + now.open - before.open)
