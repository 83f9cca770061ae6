// How long a slow visitor is waited for. A time-out that each byte begins anew is none for whoever sends one byte a minute, so
// bytes buy time: as much as they would take at the least rate that is borne.

/**
 * The moment (milliseconds) from which a time-out counts, where it counted from `since` and `bytes` have come by `now`; `leastRate` is in
 * bytes a second, and with 0 any byte begins the time-out anew.
 */
export function creditedUntil(since: number, bytes: number, leastRate: number, now: number): number {
  if (bytes <= 0) return since
  return leastRate === 0 ? now : Math.min(now, since + (bytes * 1000) / leastRate)
}
