// One side of the comparison: the same crowd, either straight at its site or through the shield before it.
import { runLoad, type LoadResult } from '../../rehearse/load.ts'
import type { Second } from '../../rehearse/watch.ts'
import type { LoadOptions } from '../../rehearse/options.ts'
import type { Reached, ScenarioSite } from './site.ts'

/** One second of one side. */
export interface SideSecond extends Second {
  /** Requests that the origin answered in it, and the share of a core it used. */
  originRequests: number
  originCpu: number
}

/** The whole run of one side. */
export interface SideResult extends LoadResult {
  originRequests: number
  originCpu: number
  /** Requests that the origin had begun and not yet answered, at most. */
  originAtOnce: number
}

/** A run of one side while it goes on. */
export interface SideRun {
  next(): Promise<SideSecond | undefined>
  result: Promise<SideResult>
}

/** Sends the crowd; `site` is the origin that answers in the end. */
export async function startSide(crowd: LoadOptions, site: ScenarioSite, signal: AbortSignal): Promise<SideRun> {
  const atStart = site.reached
  const run = await runLoad(crowd, signal)
  const reader = run.seconds[Symbol.asyncIterator]()
  let before = atStart
  return {
    async next() {
      const { value, done } = await reader.next()
      if (done === true) return undefined
      const reached = site.reached
      const second = { ...value, ...originFigures(before, reached, value.seconds) }
      before = reached
      return second
    },
    result: run.result.then(result => {
      const reached = site.reached
      return { ...result, ...originFigures(atStart, reached, result.seconds), originAtOnce: reached.atOnce }
    }),
  }
}

function originFigures(from: Reached, to: Reached, seconds: number): { originRequests: number; originCpu: number } {
  return {
    originRequests: to.answered - from.answered,
    originCpu: (to.cpuMs - from.cpuMs) / 1000 / Math.max(seconds, 0.001),
  }
}
