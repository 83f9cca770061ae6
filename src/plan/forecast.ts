// What an event will ask of the site, and whether a rehearsal says that it bears it. Pure, and each number with the sum that it comes
// from, so that a person can follow it. Little's law (Little, 1961): at once = arrivals a second × how long each stays.

import type { Expectation } from '../config/kinds/expectation.ts'

/** What a rehearsal found, in page views a second. */
export interface Capacity {
  /** What the site bears for certain, most likely and at best; the last is null where no wall was found. */
  low: number
  likely: number
  high: number | null
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
  /** How it was reckoned, line by line. */
  reckoning: string[]
}

/** Where nothing is said of it. Each is named in the reckoning. */
const ASSUMED_PAGES = 4
const ASSUMED_STAY = 180_000
/** A rush that is there at once and ebbs evenly begins at twice its mean. */
const FRONT = 2

/** `capacity` is undefined where nothing was rehearsed. */
export function forecast(expected: Expectation, capacity: Capacity | undefined): Forecast {
  const load = loadOf(expected)
  const { mean, front, window } = load
  const blank = { ...load, stale: (capacity?.changes.length ?? 0) > 0, longestWait: null, times: null }
  if (capacity === undefined)
    return {
      ...blank,
      verdict: 'not known',
      reckoning: [...load.reckoning, 'Nothing was rehearsed: breakwater rehearse finds the wall.'],
    }
  const { low, likely, high, changes } = capacity
  const wall = `A rehearsal found ${round(low)}/s for certain, ${high === null ? 'and no wall up to there' : `${round(likely)}/s most likely`}.`
  const stale = changes.length === 0 ? [] : [`It is stale: ${changes.join('; ')}.`]
  const reckoning = [...load.reckoning, wall, ...stale]
  if (front <= low)
    return {
      ...blank,
      verdict: 'fits',
      times: 1,
      reckoning: [...reckoning, `${round(front)}/s at the front is within that.`],
    }
  const times = Math.ceil(front / low)
  if (high === null)
    return {
      ...blank,
      verdict: 'not known',
      times,
      reckoning: [...reckoning, `${round(front)}/s at the front is beyond what was tried.`],
    }
  const more = `Without a waiting room it takes ${times} times what was rehearsed.`
  if (mean > low) {
    const why = `Over the whole window ${round(mean)}/s come, more than the ${round(low)}/s that are borne: who waits would wait longer and longer.`
    return { ...blank, verdict: 'does not fit', times, reckoning: [...reckoning, why, more] }
  }
  const longestWait = waitOf(front, low, window)
  const why = `The front is above it, the mean of ${round(mean)}/s is not: the waiting room evens it out, and the last wait ${words(longestWait)}.`
  return { ...blank, verdict: 'fits with the waiting room', longestWait, times, reckoning: [...reckoning, why, more] }
}

/** Page views a second from visitors, with the sums. `window` in milliseconds. */
function loadOf({ visitors, share, window, atOnce, pages, stay }: Expectation) {
  const each = pages ?? ASSUMED_PAGES
  const stays = stay ?? ASSUMED_STAY
  const lines = [
    ...(pages === null ? [`Assumed: ${ASSUMED_PAGES} pages each (say "N pages each").`] : []),
    ...(stay === null ? [`Assumed: each stays ${words(ASSUMED_STAY)} (say "stay T").`] : []),
  ]
  const perSecond = atOnce === null ? (visitors! * share) / (window! / 1000) : atOnce / (stays / 1000)
  lines.push(
    atOnce === null
      ? `${visitors} visitors × ${Number((share * 100).toFixed(2))}% in ${words(window!)} = ${round(perSecond)} visitors a second.`
      : `Little's law: ${atOnce} at once / ${words(stays)} each = ${round(perSecond)} visitors a second.`,
  )
  const mean = perSecond * each
  // Who says how many are there at once has named the height of the rush.
  const front = atOnce === null ? mean * FRONT : mean
  const there = atOnce ?? perSecond * FRONT * (stays / 1000)
  lines.push(`× ${each} pages = ${round(mean)} page views a second.`)
  if (atOnce === null) {
    lines.push(
      `A rush that begins at once and ebbs evenly begins at twice its mean: ${round(front)} page views a second.`,
    )
    lines.push(
      `Little's law: ${round(perSecond * FRONT)} visitors a second × ${words(stays)} = ${round(there)} at once, and as many connections.`,
    )
  }
  return { mean, front, atOnce: there, window: window ?? stays, reckoning: lines }
}

/**
 * A rate that falls evenly from `front` to nothing in `window`, of which `borne` are served: those above it are a triangle, as high
 * as front - borne, and as long as it takes to fall to that. Who comes last in it has all of it before him.
 */
function waitOf(front: number, borne: number, window: number): number {
  const lasts = window * (1 - borne / front)
  return ((front - borne) * lasts) / 2 / borne
}

const round = (value: number): string => (value < 10 ? value.toFixed(1) : String(Math.round(value)))

function words(ms: number): string {
  const minutes = ms / 60_000
  if (minutes < 1) return `${Math.round(ms / 1000)} s`
  return minutes < 120 ? `${Number(minutes.toFixed(1))} min` : `${Number((minutes / 60).toFixed(1))} h`
}
