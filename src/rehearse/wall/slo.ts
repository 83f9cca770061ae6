// What a site owes its visitors, and whether it kept it at one level of load. Pure.
import type { Figures } from '../report.ts'
import type { Second } from '../watch.ts'

export interface Slo {
  /** Lost views, as a share of all that ended: less than this. */
  errorShare: number
  /** Of the time from the planned moment to the good answer, lost views counted in full: less than this, in ms. */
  p95Ms: number
}

export const DEFAULT_SLO: Slo = { errorShare: 0.001, p95Ms: 1000 }

/** A wall is the highest rate that holds this long, in seconds. */
export const HOLD_SECONDS = 60

/** Why the level did not keep the SLO, in a sentence; undefined when it did. `seconds`: the level second by second. */
export function missOf(slo: Slo, figures: Figures, seconds: readonly Second[]): string | undefined {
  const ended = figures.good + figures.lost
  if (ended === 0) return 'nobody got an answer'
  if (figures.lost / ended >= slo.errorShare) return `${share(figures.lost / ended)} of the views were lost`
  if (figures.latencyMs.p95 >= slo.p95Ms) return `the p95 was ${Math.round(figures.latencyMs.p95)} ms`
  const later = foreseen(seconds)
  return later < slo.p95Ms ? undefined : `the wait grew, towards ${Math.round(later)} ms within a minute`
}

/** Slopes less certain than this many standard errors are chance. */
const CERTAIN = 3

/**
 * The median wait that a level would come to in HOLD_SECONDS if it grew as it did: an overload by a few per cent takes
 * longer to show than a short level lasts. 0 without a certain trend.
 */
export function foreseen(seconds: readonly Second[]): number {
  // The last second is cut short, and what ends after the schedule is its backlog: both would bend the line.
  const points = seconds
    .filter(each => each.good > 0 && each.planned > 0)
    .map(each => [each.second, each.latencyMs.p50] as const)
  const n = points.length
  if (n < 5) return 0
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / n
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / n
  const sxx = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0)
  const slope = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / sxx
  const residual = points.reduce((sum, [x, y]) => sum + (y - meanY - slope * (x - meanX)) ** 2, 0)
  const error = Math.sqrt(residual / (n - 2) / sxx)
  if (slope <= 0 || slope < CERTAIN * error) return 0
  return meanY + slope * (HOLD_SECONDS - meanX)
}

/** Of a level that has failed already, so many seconds are played: the gauges of that many tell what broke. */
const TELLING_SECONDS = 20

/** Whether more were lost by now than may be in the whole level, for which `planned` arrive: nothing that comes can mend it. */
export function isForfeit(slo: Slo, seconds: readonly Second[], planned: number): boolean {
  const lost = seconds.reduce((sum, each) => sum + each.lost, 0)
  return seconds.length >= TELLING_SECONDS && lost >= slo.errorShare * planned
}

/** Whether a level that is still running cannot be kept any more: nearly everybody who came in a while still waits. */
export function isHopeless(slo: Slo, seconds: readonly Second[]): boolean {
  const inFlight = seconds.at(-1)?.inFlight ?? 0
  const perSecond = seconds.reduce((sum, each) => sum + each.planned, 0) / Math.max(1, seconds.length)
  // By Little's law inFlight / perSecond is the mean wait; three times what 95 of 100 may wait at most leaves no doubt.
  return inFlight > 20 && inFlight / perSecond > (3 * slo.p95Ms) / 1000
}

const share = (part: number): string => `${(part * 100).toFixed(part < 0.1 ? 2 : 1)}%`
