// The visitors of another client's site on the same machine: a few a second, before the storm and during it. Whether they
// notice is what a shared machine is judged by.
import { runLoad } from '../../rehearse/load.ts'
import type { PlayOptions } from './play.ts'
import type { ScenarioSite } from './site.ts'

export interface Neighbour {
  /** 95 of 100 waited less, in ms, before the storm and during it. */
  calmP95Ms: number
  p95Ms: number
  asked: number
  lost: number
}

/** How long the calm before the storm is looked at; no longer than the storm. */
const CALM_SECONDS = 4

/** Looks at the calm, then starts the visitors that come during the storm. Undefined where there is no such site. */
export async function neighbourOf(
  { storm, seconds, seed }: Pick<PlayOptions, 'storm' | 'seconds' | 'seed'>,
  { neighbourUrl }: ScenarioSite,
  signal: AbortSignal,
): Promise<{ result: Promise<Neighbour> } | undefined> {
  const { neighbour } = storm
  if (neighbour === undefined || neighbourUrl === undefined) return undefined
  const calm = await (await runLoad(neighbour(neighbourUrl, Math.min(CALM_SECONDS, seconds), seed), signal)).result
  const storming = await runLoad(neighbour(neighbourUrl, seconds, seed), signal)
  const result = storming.result.then(({ latencyMs, planned, lost }) => ({
    calmP95Ms: calm.latencyMs.p95,
    p95Ms: latencyMs.p95,
    asked: planned,
    lost,
  }))
  result.catch(() => {})
  return { result }
}
