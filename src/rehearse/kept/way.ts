// Whether it was the way to the site that lost visitors, and not the site. Pure.
import type { Reading } from '../gauges/gauges.ts'
import type { Figures } from '../report.ts'

/** Below this share of a core, and of a disk, the site had time: nothing of it was full. */
const CALM = 0.75
/** Fewer lost views than this share tell nothing. */
const LEAST_LOST = 0.01
/** Of the lost views, at least this share lost their connection. */
const BY_CONNECTION = 0.8

/**
 * The evidence, or undefined when it does not point there. `before`: the run that is stale now; `changes`: what has changed
 * on the way since, in sentences; `readings`: the gauges of the site itself, behind whatever stands before it.
 */
export function lostOnTheWay(
  before: Figures,
  now: Figures,
  changes: readonly string[],
  readings: readonly Reading[],
): string | undefined {
  const views = now.good + now.lost
  const broken = now.lostBy.closed + now.lostBy.refused
  const wasSo = before.lost >= (before.good + before.lost) * LEAST_LOST
  if (changes.length === 0 || wasSo || now.lost < views * LEAST_LOST || broken < now.lost * BY_CONNECTION)
    return undefined
  const work = Math.max(0, ...readings.map(each => each.threadRan))
  const disk = Math.max(0, ...readings.map(each => each.disk))
  if (readings.length === 0 || work > CALM || disk > CALM) return undefined
  return `${percent(broken / views)} of the views lost their connection and none did before, while the busiest thread of the site worked ${percent(work)} of the time at most`
}

const percent = (share: number): string => `${Math.round(share * 100)}%`
