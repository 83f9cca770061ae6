// One level of load: the same rate for some seconds, judged against the SLO, with the gauges of the site read meanwhile.
import type { Reading } from '../gauges/gauges.ts'
import type { Panel } from '../gauges/panel.ts'
import { type LoadResult, runLoad } from '../load.ts'
import type { LoadOptions } from '../options.ts'
import { LOSSES, type Loss } from '../tally.ts'
import type { Second } from '../watch.ts'
import type { Stage } from './search.ts'
import { isForfeit, isHopeless, missOf, type Slo } from './slo.ts'

/** A level as planned. */
export interface Plan {
  stage: Stage | 'baseline' | 'beyond'
  /** Arrivals per second. */
  rate: number
  seconds: number
  /** Whether to end it when it cannot be kept any more. */
  mayEnd: boolean
}

export interface Level extends Plan {
  result: LoadResult
  bySecond: Second[]
  readings: Reading[]
  /** Why it did not keep the SLO; undefined when it did. */
  miss: string | undefined
}

/** What one who watches is told. */
export type Tell = (plan: Plan, second: Second, reading: Reading | undefined) => void

/** Hopeless for so many seconds in a row: the level is ended. */
const HOPELESS_SECONDS = 2

export async function playLevel(
  plan: Plan,
  crowd: Omit<LoadOptions, 'shape' | 'seconds'>,
  slo: Slo,
  gauges: Pick<Panel, 'read'> | undefined,
  tell: Tell,
  signal: AbortSignal,
): Promise<Level> {
  const ending = new AbortController()
  const shape = { kind: 'constant', rate: plan.rate } as const
  gauges?.read()
  const run = await runLoad({ ...crowd, shape, seconds: plan.seconds }, AbortSignal.any([signal, ending.signal]))
  const bySecond: Second[] = []
  const readings: Reading[] = []
  let [hopeless, forfeit] = [0, false]
  for await (const second of run.seconds) {
    const reading = gauges?.read()
    bySecond.push(second)
    // Beyond the schedule only the backlog is worked off.
    if (reading !== undefined && second.second <= plan.seconds) readings.push(reading)
    tell(plan, second, reading)
    hopeless = isHopeless(slo, bySecond) ? hopeless + 1 : 0
    forfeit = isForfeit(slo, bySecond, plan.rate * plan.seconds)
    if (plan.mayEnd && (forfeit || hopeless >= HOPELESS_SECONDS)) ending.abort()
  }
  const result = await run.result
  const grew = ending.signal.aborted && !forfeit
  const miss = grew ? 'the wait grew without end' : missOf(slo, result, bySecond)
  return { ...plan, result, bySecond, readings, miss }
}

/** Whether what makes the level invalid is the generator itself, and not a site that keeps every connection busy. */
export function isGeneratorsFault({ result }: Level): boolean {
  return !result.valid && result.unsent <= result.planned / 100
}

/** By far the most frequent reason. */
export const mostLostBy = (by: Record<Loss, number>): Loss => LOSSES.toSorted((a, b) => by[b] - by[a])[0]!

/** Nobody was there any more for the last of its visitors: a site that is only slow lets them wait, one that fails says so. */
export const wentDown = ({ bySecond, result }: Level): boolean =>
  result.lost > 0 &&
  ['refused', 'closed'].includes(mostLostBy(result.lostBy)) &&
  bySecond.findLast(({ planned }) => planned > 0)?.good === 0
