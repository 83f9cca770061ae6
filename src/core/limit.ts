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
