// Who decides how many requests an origin bears, from what was seen of it. Who enforces that (core/ledger.ts for core,
// board/places.ts at the edges) knows nothing of why: between them goes a number on the board, so each can be changed and
// tested alone.

/** What was seen of an origin since the look before. Refusals of our own never reached it and are in none of these. */
export interface Look {
  /** Monotonic milliseconds. */
  readonly now: number
  /** Answers below 500 by time to first byte: counts by `firstByteBucket`. */
  readonly firstBytes: ArrayLike<number>
  /** Answers of 500 and above. */
  readonly bad: number
  readonly timeouts: number
  /** Connections refused, reset or cut short. */
  readonly resets: number
  /** Requests in flight, the mean over the time since the look before as far as it is known. */
  readonly inFlight: number
  /** Share of that time in which somebody waited for a place, 0 to 1: whether the limit was what held requests back. */
  readonly waited: number
}

/** Who decides. */
export interface Limit {
  /** Requests that may be in flight now, a whole number of at least 1. */
  readonly value: number
  /** It is still on its way up from the bottom: that somebody has to wait says nothing of the origin yet. */
  readonly isSeeking?: boolean
  /** Others have left places of the origin free: where it stands may be too low by now. */
  roomier?(): void
  /** Takes in what was seen; to be called about four times a second. */
  observe(look: Look): void
}

/** Between which numbers an adaptive limit stays, and where it begins. */
export interface Bounds {
  readonly least: number
  readonly most: number
}
