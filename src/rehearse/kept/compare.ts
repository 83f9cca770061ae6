// Are two runs of the same crowd different, or is it chance? Seconds of a run depend on the ones before (a queue fills and
// empties), so they are resampled in blocks: the moving-block bootstrap (Künsch, "The Jackknife and the Bootstrap for General
// Stationary Observations", Annals of Statistics 17, 1989). Pure; the same seed gives the same interval.
import { below, seeded } from '../../base/random.ts'
import type { Random } from '../../base/random.ts'
import type { KeptSecond } from './kept.ts'

export interface Comparison {
  verdict: 'better' | 'worse' | 'not told apart'
  /** Mean wait of the second run over that of the first, and the interval that chance leaves. */
  ratio: number
  interval: [number, number]
  /** Share of lost views, of each. */
  lost: [number, number]
}

/** Fewer seconds say nothing that a block could be cut from. */
export const LEAST_SECONDS = 20
/** Seconds at the start that warm the site's caches up and are not compared. */
const WARM_UP = 5
/**
 * Standard errors that the interval reaches to both sides, on a logarithmic scale. The resampled error of a short run is too
 * small by a tenth or two, and of 100 equal pairs hardly any should be told apart: 3.5 instead of the 2 for 95 in 100.
 */
const ERRORS = 3.5
const RESAMPLES = 1000

/** Undefined when one of them is too short. Lost views count when their shares lie as far apart as chance hardly brings them. */
export function compareRuns(
  first: readonly KeptSecond[],
  second: readonly KeptSecond[],
  seed: number,
): Comparison | undefined {
  const [one, other] = [first.slice(WARM_UP), second.slice(WARM_UP)]
  if (one.length < LEAST_SECONDS || other.length < LEAST_SECONDS) return undefined
  const random = seeded(seed)
  const ratio = Math.exp(logRatio(one, other))
  const error = deviation(
    Array.from({ length: RESAMPLES }, () => logRatio(resample(one, random), resample(other, random))),
  )
  const interval: [number, number] = [ratio * Math.exp(-ERRORS * error), ratio * Math.exp(ERRORS * error)]
  const [before, after] = [lossOf(one), lossOf(other)]
  return { verdict: verdictOf(interval, before, after), ratio, interval, lost: [before.share, after.share] }
}

const logRatio = (one: readonly KeptSecond[], other: readonly KeptSecond[]): number =>
  Math.log(meanWait(other) / meanWait(one))

function deviation(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1))
}

/** A view that was lost waited until it was: it counts among the lost, not among the waits. */
function meanWait(seconds: readonly KeptSecond[]): number {
  let [sum, count] = [0, 0]
  for (const { good, meanMs } of seconds) [sum, count] = [sum + good * meanMs, count + good]
  return count === 0 ? Infinity : sum / count
}

/** As many seconds, in blocks of a length that grows with the cube root of the run (Hall, Horowitz and Jing, 1995), five at least. */
function resample(seconds: readonly KeptSecond[], random: Random): KeptSecond[] {
  const block = Math.max(5, Math.ceil(1.5 * Math.cbrt(seconds.length)))
  const sample: KeptSecond[] = []
  while (sample.length < seconds.length) {
    const from = below(random, seconds.length - block + 1)
    sample.push(...seconds.slice(from, from + block))
  }
  return sample.slice(0, seconds.length)
}

interface Loss {
  share: number
  /** Standard error of the share, of views that are lost one by one. */
  error: number
}

function lossOf(seconds: readonly KeptSecond[]): Loss {
  const lost = seconds.reduce((sum, each) => sum + each.lost, 0)
  const all = lost + seconds.reduce((sum, each) => sum + each.good, 0)
  const share = all === 0 ? 0 : lost / all
  return { share, error: all === 0 ? 0 : Math.sqrt(((share + 1 / all) * (1 - share)) / all) }
}

/** Views are lost in bunches: five standard errors of single ones are not chance. */
const CERTAIN_LOSS = 5

function verdictOf([low, high]: [number, number], before: Loss, after: Loss): Comparison['verdict'] {
  const difference = after.share - before.share
  if (Math.abs(difference) > CERTAIN_LOSS * Math.hypot(before.error, after.error))
    return difference > 0 ? 'worse' : 'better'
  return low > 1 ? 'worse' : high < 1 ? 'better' : 'not told apart'
}
