// The plan's place in the process: the watch thread, which has the ear of core and of whoever gives commands, and no part in a
// request, so that a commit that waits for the disk holds up no visitor. A disk that fails is tried again.

import { request } from 'node:http'
import type { Clock } from '../base/clock.ts'
import type { Modes } from '../board/modes.ts'
import type { Config, SiteConfig } from '../config/types.ts'
import { Performer } from '../plan/perform.ts'
import type { Powers as PlanPowers } from '../plan/perform.ts'
import { Planner } from '../plan/planner.ts'
import { PlanStore } from '../plan/store.ts'
import type { Log } from '../threads/log.ts'
import type { CoreLink } from './core-link.ts'
import { post } from './outward.ts'

/** Milliseconds between two looks: the wall clock may be set meanwhile. */
const LONGEST = 1000
const SHORTEST = 20
/** Until a disk that failed is tried again. */
const TRY_AGAIN = 30_000
/** As long as a visitor would wait. */
const WARM_WITHIN = 60_000

export interface Surroundings {
  core: CoreLink
  modes: Modes
  clock: Clock
  sites: () => readonly SiteConfig[]
  /** Where visitors are served: "0.0.0.0:8080". */
  listening: () => readonly string[]
}

export class Plan {
  readonly #powers: PlanPowers
  readonly #clock: Clock
  readonly #log: Log
  #config: Config
  #planner: Planner | null = null
  #store: PlanStore | null = null
  #timer: NodeJS.Timeout | undefined
  #failed: string | null = null

  constructor(surroundings: Surroundings, config: Config, log: Log) {
    this.#clock = surroundings.clock
    this.#log = log
    this.#config = config
    this.#powers = powersOf(surroundings)
  }

  /** Null while the data directory cannot be written. */
  get planner(): Planner | null {
    return this.#planner
  }

  /** Why nothing can be planned now; null when it can. */
  get failed(): string | null {
    return this.#failed
  }

  configure(config: Config): void {
    this.#config = config
    this.#try(() => this.#planner?.configure(config.events, namesOf(config)))
    this.look()
  }

  /** Opens it if need be, does what is due, and sees to it that it is called again in time. */
  readonly look = (): void => {
    clearTimeout(this.#timer)
    const next = this.#try(() => {
      this.#planner ??= this.#open()
      return this.#planner.look()
    })
    const wait = next === undefined ? TRY_AGAIN : Math.min(LONGEST, Math.max(SHORTEST, next - this.#clock.now()))
    this.#timer = setTimeout(this.look, wait)
  }

  end(): void {
    clearTimeout(this.#timer)
    this.#try(() => this.#store?.end())
  }

  #open(): Planner {
    const store = new PlanStore(this.#config.data)
    const planner = new Planner(store, new Performer(this.#config.data, store.id, this.#powers), this.#clock, this.#log)
    planner.runs.onSettled = this.look
    planner.configure(this.#config.events, namesOf(this.#config))
    this.#store = store
    return planner
  }

  #try<T>(act: () => T): T | undefined {
    try {
      const result = act()
      this.#failed = null
      return result
    } catch (error) {
      this.#failed = error instanceof Error ? error.message : String(error)
      this.#log('error', 'plan-not-kept', { error, tryAgainIn: TRY_AGAIN })
      return undefined
    }
  }
}

const namesOf = ({ sites }: Config): string[] => sites.map(({ name }) => name)

const powersOf = ({ core, modes, sites, listening }: Surroundings): PlanPowers => ({
  setMode: async (site, mode, until) => {
    const configured = sites().find(({ name }) => name === site)?.mode
    // A site that is gone has no mode to come back from.
    if (configured === undefined) return mode === null ? null : `there is no site ${site}`
    return (await core.setMode(site, mode ?? configured, until))?.message ?? null
  },
  commanded: site => modes.commanded(site),
  warm: async (site, paths) => {
    const address = listening()[0]
    const host = sites().find(({ name }) => name === site)?.hosts[0]
    if (address === undefined || host === undefined) return 'nobody serves visitors yet'
    const failed: string[] = []
    for (const path of paths) {
      const why = await ask(address, host.replace(/^\*$/, 'localhost').replace(/^\*/, 'www'), path)
      if (why !== null) failed.push(`${path} ${why}`)
    }
    return failed.length === 0 ? null : failed.slice(0, 3).join(', ')
  },
  post: async (url, body, fields) => {
    try {
      await post(url, body, fields)
      return null
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  },
})

/** A visitor's request at the door of this process: so it goes through the limits as any other. Null, or what went wrong. */
function ask(address: string, host: string, path: string): Promise<string | null> {
  const port = Number(address.slice(address.lastIndexOf(':') + 1))
  const given = address.slice(0, address.lastIndexOf(':')).replace(/^\[|\]$/g, '')
  const hostname = given === '0.0.0.0' || given === '' ? '127.0.0.1' : given === '::' ? '::1' : given
  return new Promise(resolve => {
    const sent = request({ hostname, port, path, agent: false, headers: { host }, timeout: WARM_WITHIN }, response => {
      response.resume()
      const status = response.statusCode ?? 0
      response.on('end', () => resolve(status >= 500 ? `was answered ${status}` : null))
      response.on('error', error => resolve(error.message))
    })
    sent.on('timeout', () => sent.destroy(new Error('was not answered in time')))
    sent.on('error', error => resolve(error.message))
    sent.end()
  })
}
