// From rounds to figures. Servers take turns (A B C, C B A, …), so what disturbs the machine disturbs all of them; a
// ratio compares readings of the same round, and medians keep a bad round from counting.

import type { Case, Reading, Variant } from './cases/case.ts'
import { goalFor, judge } from './goals.ts'
import type { Verdict } from './goals.ts'

/** The middle of some values, and how far they lie apart. */
export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

/** Bounds of something that is only known by chance. */
export interface Interval {
  readonly low: number
  readonly high: number
}

/** What was read on one server, a reading a round. */
export interface Series {
  readonly server: string
  readonly readings: readonly Reading[]
}

/** What a server came to in a variant. */
export interface Result {
  readonly server: string
  /** By metric; empty when no round was valid. */
  readonly metrics: Readonly<Record<string, Spread>>
  readonly validRounds: number
  readonly problems: readonly string[]
}

/** Breakwater's reading divided by another server's (or by nothing: `against` is null), with the goal for it. */
export interface Comparison {
  readonly metric: string
  readonly against: string | null
  readonly value: Spread
  /** The median lies within these bounds with 95% probability; where a goal asks for them, and rounds are enough. */
  readonly within?: Interval
  readonly goal?: { readonly atMost: number; readonly stretch?: number; readonly verdict: Verdict }
}

/** The server whose ratios are shown. */
const OURS = 'breakwater'

/** The median of some values (the mean of the two in the middle), the least and the greatest. */
export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const half = sorted.length / 2
  const median = (sorted[Math.floor(half - 0.5)]! + sorted[Math.floor(half)]!) / 2
  return { median, min: sorted[0]!, max: sorted.at(-1)! }
}

export const median = (values: readonly number[]): number => spread(values).median

/**
 * The bounds between which the median lies with 95% probability, whatever the values' distribution: the k-th least and the k-th
 * greatest, where at most 2.5% of samples have fewer than k values on one side of it (binomial, p = 1/2). Null below six values.
 */
export function medianInterval(values: readonly number[]): Interval | null {
  const sorted = values.toSorted((a, b) => a - b)
  const all = sorted.length
  let [k, chance, sum] = [0, 0.5 ** all, 0.5 ** all]
  while (sum <= 0.025) {
    k++
    chance *= (all - k + 1) / k
    sum += chance
  }
  return k === 0 ? null : { low: sorted[k - 1]!, high: sorted[all - k]! }
}

/** What a series came to; rounds with problems do not count. */
export function result(of: Series, metrics: Case['metrics']): Result {
  const valid = of.readings.filter(isValid)
  const figures =
    valid.length === 0 ? [] : metrics.map(({ key }) => [key, spread(valid.map(each => each.values[key]!))])
  const problems = of.readings.flatMap((each, round) => each.problems.map(problem => `round ${round + 1}: ${problem}`))
  return {
    server: of.server,
    metrics: Object.fromEntries(figures) as Result['metrics'],
    validRounds: valid.length,
    problems,
  }
}

/** Breakwater against each of the others, and against the goals that stand by themselves. */
export function comparisons(of: Case, variant: Variant, all: readonly Series[]): Comparison[] {
  const ours = all.find(each => each.server === OURS)
  if (ours === undefined) return []
  const others = [null, ...all.filter(each => each !== ours)]
  return of.metrics.flatMap(metric =>
    others.flatMap(other => {
      const goal = goalFor(of.name, variant.name, metric.key, other?.server ?? null)
      const wanted = other === null ? goal !== undefined : metric.compared
      const values = wanted ? quotients(ours, other, metric.key) : []
      return values.length === 0 ? [] : [comparison(metric.key, other?.server ?? null, values, goal)]
    }),
  )
}

function comparison(
  metric: string,
  against: string | null,
  values: readonly number[],
  goal: ReturnType<typeof goalFor>,
): Comparison {
  const value = spread(values)
  if (goal === undefined) return { metric, against, value }
  const { atMost, stretch, surely } = goal
  const within = surely === true ? medianInterval(values) : null
  const verdict = judge(surely === true ? (within?.high ?? Infinity) : value.median, goal)
  return {
    metric,
    against,
    value,
    ...(within === null ? {} : { within }),
    goal: { atMost, ...(stretch === undefined ? {} : { stretch }), verdict },
  }
}

/** Of each round in which both are valid. */
function quotients(ours: Series, theirs: Series | null, metric: string): number[] {
  return ours.readings.flatMap((reading, round) => {
    const other = theirs === null ? null : theirs.readings[round]
    if (!isValid(reading) || other === undefined || (other !== null && !isValid(other))) return []
    return [reading.values[metric]! / (other?.values[metric] ?? 1)]
  })
}

function isValid(reading: Reading): boolean {
  return reading.problems.length === 0
}
