// A rehearsal in one line. Pure.
import type { Kept } from '../../rehearse/kept/kept.ts'

/** One line about what came of it. */
export function inShort({ wall, load }: Pick<Kept, 'wall' | 'load'>): string {
  if (load !== null)
    return `${load.good} good and ${load.lost} lost views in ${Math.round(load.seconds)} s, p95 ${Math.round(load.latencyMs.p95)} ms.`
  if (wall?.wall)
    return `the wall is at ${wall.wall.ratePerSecond} arrivals a second, ${wall.culprit?.signal ?? 'for reasons not known'}.`
  return wall?.noWallUpTo ? `no wall up to ${wall.noWallUpTo} arrivals a second.` : 'no rate held.'
}
