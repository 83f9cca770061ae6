// What to do when a thread dies: the pure part. It is replaced at once, unless deaths come so fast that replacing would
// only burn the machine; then ever longer waits lie between. A thread that never served cannot be mended by starting it
// again (its port is taken, its script is broken), so the whole start is given up and the person at the terminal is told.

/** As many deaths within the window are answered at once: a poisoned request may kill each of a few edges in turn. */
export const FREE_DEATHS = 5
export const DEATH_WINDOW = 10_000
/** Milliseconds; doubled with each further death in the window, up to the longest. */
const FIRST_WAIT = 250
const LONGEST_WAIT = 10_000

export interface Life {
  readonly state: 'starting' | 'serving' | 'waiting'
  /** It served at least once since the process began. */
  readonly hasServed: boolean
  /** When it died, milliseconds of the monotonic clock; of the last window only. */
  readonly deaths: readonly number[]
  readonly restarts: number
  readonly lastDeath: string | null
}

export type Remedy = { do: 'restart'; afterMs: number } | { do: 'give-up' }

export const unborn: Life = { state: 'starting', hasServed: false, deaths: [], restarts: 0, lastDeath: null }

export const served = (life: Life): Life => ({ ...life, state: 'serving', hasServed: true })

export const restarted = (life: Life): Life => ({ ...life, state: 'starting', restarts: life.restarts + 1 })

/** It died at `now` (monotonic milliseconds) because of `why`. */
export function died(life: Life, now: number, why: string): { life: Life; remedy: Remedy } {
  const deaths = [...life.deaths.filter(at => now - at < DEATH_WINDOW), now]
  const after: Life = { ...life, state: 'waiting', deaths, lastDeath: why }
  return {
    life: after,
    remedy: life.hasServed ? { do: 'restart', afterMs: waitAfter(deaths.length) } : { do: 'give-up' },
  }
}

function waitAfter(deaths: number): number {
  return deaths <= FREE_DEATHS ? 0 : Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (deaths - FREE_DEATHS - 1))
}
