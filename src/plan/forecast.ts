// Whether a rehearsal says that the site bears what is expected (load.ts), and what that takes (needs.ts). Pure, and each number with
// the sum that it comes from, so that a person can follow it.

import type { Expectation } from '../config/kinds/expectation.ts'
import { loadOf, rounded, words } from './load.ts'
import type { Load, Past } from './load.ts'
import { needsOf } from './needs.ts'
import type { Given, Needs } from './needs.ts'

/** What a rehearsal found, in page views a second. */
export interface Capacity {
  /** What the site bears for certain, most likely and at best; the last is null where no wall was found. */
  low: number
  likely: number
  high: number | null
  /** What broke first beyond the wall, in a sentence; null where it is not known. */
  bottleneck: string | null
  /** What has changed since, in sentences: where there is any, it is stale. */
  changes: readonly string[]
}

export type Verdict = 'fits' | 'fits with the waiting room' | 'does not fit' | 'not known'

export interface Forecast {
  verdict: Verdict
  /** The rehearsal is older than what it was true of. */
  stale: boolean
  /** Page views a second: over the busiest window, and at its front. */
  mean: number
  front: number
  /** Visitors that are there at once, at the front. */
  atOnce: number
  /** Milliseconds that the last in the waiting room waits at most; null where nobody has to or it does not end. */
  longestWait: number | null
  /** How many times what was rehearsed it takes to bear the front without a waiting room. */
  times: number | null
  /** What it needs, and what it costs. */
  needs: Needs
  /** How it was reckoned, line by line. */
  reckoning: string[]
}

/** What is known besides what is expected. */
export interface Known extends Given {
  /** Undefined where nothing was rehearsed. */
  capacity?: Capacity | undefined
  /** How many came in the span that is expected again. */
  past?: Past | undefined
}

export function forecast(expected: Expectation, { capacity, past, ...given }: Known = {}): Forecast {
  const load = loadOf(expected, past)
  const { mean, front, atOnce } = load
  const judged = judge(load, capacity)
  const needs = needsOf(expected, load, capacity, judged.times, given)
  return {
    ...{ mean, front, atOnce, stale: (capacity?.changes.length ?? 0) > 0, ...judged },
    needs,
    reckoning: [...load.reckoning, ...judged.reckoning, ...needs.reckoning],
  }
}

type Judged = Pick<Forecast, 'verdict' | 'longestWait' | 'times' | 'reckoning'>

function judge(load: Load, capacity: Capacity | undefined): Judged {
  const { mean, front } = load
  const blank = { longestWait: null, times: null }
  if (capacity === undefined)
    return { ...blank, verdict: 'not known', reckoning: ['Nothing was rehearsed: breakwater rehearse finds the wall.'] }
  const { low, likely, high, changes } = capacity
  const wall = `A rehearsal found ${rounded(low)}/s for certain, ${high === null ? 'and no wall up to there' : `${rounded(likely)}/s most likely`}.`
  const stale = changes.length === 0 ? [] : [`It is stale: ${changes.join('; ')}.`]
  const reckoning = [wall, ...stale]
  if (front <= low)
    return {
      ...{ ...blank, verdict: 'fits', times: 1 },
      reckoning: [...reckoning, `${rounded(front)}/s at the front is within that.`],
    }
  const times = Math.ceil(front / low)
  if (high === null)
    return {
      ...{ ...blank, verdict: 'not known', times },
      reckoning: [...reckoning, `${rounded(front)}/s at the front is beyond what was tried.`],
    }
  const more = `Without a waiting room it takes ${times} times what was rehearsed.`
  if (mean > low) {
    const why = `Over the whole window ${rounded(mean)}/s come, more than the ${rounded(low)}/s that are borne: who waits would wait longer and longer.`
    return { ...blank, verdict: 'does not fit', times, reckoning: [...reckoning, why, more] }
  }
  const longestWait = load.waitAt(low)
  const why = `The front is above it, the mean of ${rounded(mean)}/s is not: the waiting room evens it out, and the last wait ${words(longestWait)}.`
  return { verdict: 'fits with the waiting room', longestWait, times, reckoning: [...reckoning, why, more] }
}
