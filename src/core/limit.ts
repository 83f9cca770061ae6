// How many requests may be in flight to one origin now. A fixed limit in this version; what it depends on besides is
// whether the origin is up, and how long since it came (slow start: caches and pools behind it have to warm up first).

export interface LimitFacts {
  state: 'up' | 'down' | 'draining'
  /** The fixed limit from the config. */
  full: number
  /** No other origin of the site is up. */
  isLast: boolean
  /** When it was added or came up again (monotonic ms); null for one that was there from the start. */
  warmingSince: number | null
  /** Milliseconds from 1 to the full limit. */
  slowStart: number
}

/**
 * limit = full × (time since it came / slow start), at least 1 and at most full. An origin that is down gets nothing while
 * another works; the last one gets one request at a time, because that is how its recovery shows first.
 */
export function limitNow({ state, full, isLast, warmingSince, slowStart }: LimitFacts, now: number): number {
  if (state === 'draining') return 0
  if (state === 'down') return isLast ? 1 : 0
  if (warmingSince === null || now - warmingSince >= slowStart) return full
  return Math.max(1, Math.floor((full * (now - warmingSince)) / slowStart))
}

/** What a site that has left the config may still use of an origin that another one has taken over: what it does, up to half. */
export const restOf = (bears: number, inFlight: number): number =>
  Math.min(bears, Math.max(1, Math.min(Math.ceil(bears / 2), inFlight)))

/** What is left of an origin's limit beside those who had the same server before: in sum it is never more than it bears. */
export function besideFormer(bears: number, former: readonly { limit: number; inFlight: number }[]): number {
  const taken = former.reduce((sum, { limit, inFlight }) => sum + Math.max(limit, inFlight), 0)
  return Math.max(0, bears - taken)
}
