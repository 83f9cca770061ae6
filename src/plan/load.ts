// From who is expected to page views a second, with the flash crowd's front at t0, each sum written out. Little's law (Little, 1961): at once =
// arrivals a second × how long each stays. Pure.

import type { Expectation } from '../config/kinds/expectation.ts'

/** How many came before: a second, one figure for each `step` seconds. */
export interface Past {
  rates: readonly number[]
  step: number
}

export interface Load {
  /** Page views a second: over the busiest window, and at its front. */
  mean: number
  front: number
  /** Visitors that are there at once, at the front. */
  atOnce: number
  /** Visitors in the window; page views each; and the window, milliseconds. */
  visitors: number
  pages: number
  window: number
  reckoning: string[]
  /** Milliseconds that the last waits where so many a second are borne. */
  waitAt(borne: number): number
  /** Page views beyond what is borne, and for how many milliseconds there are any. */
  beyond(borne: number): { views: number; lasts: number }
}

/** Where nothing is said of it. Each is named in the reckoning. */
const ASSUMED_PAGES = 4
const ASSUMED_STAY = 180_000
/** Of those who hear a broadcast, so many come, within so long. */
const ASSUMED_SHARE = 0.01
const ASSUMED_WITHIN = 300_000
/** A rush that is there at once and ebbs evenly begins at twice its mean. */
const FRONT = 2

export function loadOf(expected: Expectation, past: Past | undefined): Load {
  if (expected.like !== null) return likeBefore(expected, past ?? { rates: [0], step: 1 })
  const { broadcast } = expected
  const isOpen = broadcast && expected.window === null
  const { visitors, share, window } = isOpen ? { ...expected, share: ASSUMED_SHARE, window: ASSUMED_WITHIN } : expected
  const { atOnce } = expected
  const pages = expected.pages ?? ASSUMED_PAGES
  const stays = expected.stay ?? ASSUMED_STAY
  const lines = [
    ...(expected.pages === null ? [`Assumed: ${ASSUMED_PAGES} pages each (say "N pages each").`] : []),
    ...(expected.stay === null ? [`Assumed: each stays ${words(ASSUMED_STAY)} (say "stay T").`] : []),
    ...(isOpen ? [`Assumed: 1% of who hears it come within ${words(ASSUMED_WITHIN)} (say "X% in T").`] : []),
  ]
  const perSecond = atOnce === null ? (visitors! * share) / (window! / 1000) : atOnce / (stays / 1000)
  lines.push(
    atOnce === null
      ? `${visitors} visitors × ${Number((share * 100).toFixed(2))}% in ${words(window!)} = ${rounded(perSecond)} visitors a second.`
      : `Little's law: ${atOnce} at once / ${words(stays)} each = ${rounded(perSecond)} visitors a second.`,
  )
  const mean = perSecond * pages
  // Who says how many are there at once has named the height of the rush.
  const front = atOnce === null ? mean * FRONT : mean
  const there = atOnce ?? perSecond * FRONT * (stays / 1000)
  lines.push(`× ${pages} pages = ${rounded(mean)} page views a second.`)
  if (atOnce === null) {
    lines.push(
      `A rush that begins at once and ebbs evenly begins at twice its mean: ${rounded(front)} page views a second at t0.`,
      `Little's law: ${rounded(perSecond * FRONT)} visitors a second × ${words(stays)} = ${rounded(there)} at once, and as many connections.`,
    )
  }
  const span = window ?? stays
  const counted = { mean, front, atOnce: there, visitors: perSecond * (span / 1000), pages, window: span }
  return { ...counted, reckoning: lines, ...falling(front, span) }
}

/**
 * A rate that falls evenly from `front` to nothing in `window`, of which `borne` are served: those above it are a triangle, as high
 * as front - borne, and as long as it takes to fall to that. Who comes last in it has all of it before him.
 */
function falling(front: number, window: number): Pick<Load, 'waitAt' | 'beyond'> {
  const lasts = (borne: number): number => Math.max(0, window * (1 - borne / front))
  const triangle = (borne: number): number => (Math.max(0, front - borne) * lasts(borne)) / 2
  return {
    waitAt: borne => triangle(borne) / borne,
    beyond: borne => ({ views: triangle(borne) / 1000, lasts: lasts(borne) }),
  }
}

/** Last time's curve: what was counted then are requests, so each is a page view of its own here. */
function likeBefore({ times, stay }: Expectation, { rates, step }: Past): Load {
  const again = rates.map(rate => rate * times)
  const front = Math.max(...again)
  const sum = again.reduce((all, rate) => all + rate, 0)
  const mean = sum / again.length
  const stays = stay ?? ASSUMED_STAY
  const atOnce = (front * stays) / 1000 / ASSUMED_PAGES
  const reckoning = [
    `Last time ${rounded(Math.max(...rates))} requests a second came at the most, over ${words(again.length * step * 1000)}; × ${times} = ${rounded(front)} a second at t0, ${rounded(mean)} in the mean. Hold them against a rehearsal of the same address.`,
    `Assumed: ${ASSUMED_PAGES} requests for each visitor, and each stays ${words(stays)}. Little's law: ${rounded(front / ASSUMED_PAGES)} visitors a second × ${words(stays)} = ${rounded(atOnce)} at once, and as many connections.`,
  ]
  return {
    ...{ mean, front, atOnce, reckoning, pages: ASSUMED_PAGES, window: again.length * step * 1000 },
    visitors: (sum * step) / ASSUMED_PAGES,
    waitAt: borne => {
      let [queue, longest] = [0, 0]
      for (const rate of again) {
        queue = Math.max(0, queue + (rate - borne) * step)
        longest = Math.max(longest, queue / borne)
      }
      return longest * 1000
    },
    beyond: borne => ({
      views: again.reduce((all, rate) => all + Math.max(0, rate - borne) * step, 0),
      lasts: again.filter(rate => rate > borne).length * step * 1000,
    }),
  }
}

export const rounded = (value: number): string => (value < 10 ? value.toFixed(1) : String(Math.round(value)))

export function words(ms: number): string {
  const minutes = ms / 60_000
  if (minutes < 1) return `${Math.round(ms / 1000)} s`
  return minutes < 120 ? `${Number(minutes.toFixed(1))} min` : `${Number((minutes / 60).toFixed(1))} h`
}
