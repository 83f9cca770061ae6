// How many forms are in flight to a site at once: one at first, one more for each round that the origin took well, half of
// them after a failure, and a pause that doubles while failures go on (additive increase, multiplicative decrease; Chiu
// and Jain, 1989). The limiter bounds it from above in any case.

import type { Random } from '../base/random.ts'

/** Milliseconds by which the wall clock may go back without anybody minding. */
export const CLOCK_MOVED = 1000

/** Milliseconds. */
const SHORTEST = 1000
export const LONGEST = 10 * 60_000

export interface Pace {
  readonly window: number
  /** Failures in a row. */
  readonly failures: number
  /** Monotonic milliseconds: nothing is sent before. */
  readonly holdUntil: number
}

export const FIRST_PACE: Pace = { window: 1, failures: 0, holdUntil: 0 }

/** The origin took one, or refused it in so many words. */
export const wentWell = ({ window }: Pace, most: number): Pace => ({
  window: Math.min(most, window + 1 / window),
  failures: 0,
  holdUntil: 0,
})

/** The origin failed or could not be reached. `now` is monotonic. */
export const wentWrong = ({ window, failures }: Pace, now: number, random: Random): Pace => ({
  window: Math.max(1, window / 2),
  failures: failures + 1,
  holdUntil: now + backoff(failures + 1, random),
})

/** Milliseconds until the next try after so many: doubled each time, and half of it left to chance so that none go in step. */
export function backoff(tries: number, random: Random): number {
  const most = Math.min(LONGEST, SHORTEST * 2 ** Math.min(tries - 1, 20))
  return Math.round((most / 2) * (1 + random.next()))
}
