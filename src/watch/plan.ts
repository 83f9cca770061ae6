// The plan's place in the process: the watch thread, which has the ear of core and of whoever gives commands, and no part in a
// request, so that a commit that waits for the disk holds up no visitor. A disk that fails is tried again.

import { hostname } from 'node:os'
import type { Clock } from '../base/clock.ts'
import type { Config } from '../config/types.ts'
import { PlanOfNodes } from '../plan/nodes.ts'
import { Performer } from '../plan/perform.ts'
import type { Powers as PlanPowers } from '../plan/perform.ts'
import { Planner } from '../plan/planner.ts'
import { PlanStore } from '../plan/store.ts'
import type { Log } from '../threads/log.ts'
import type { CoreLink } from './core-link.ts'
import { OneNode } from './one-node.ts'
import { PlanNodes } from './plan-nodes.ts'
import { planClock, powersOf } from './plan-powers.ts'
import type { Surroundings } from './plan-powers.ts'

/** Milliseconds between two looks: the wall clock may be set meanwhile. */
const LONGEST = 1000
const SHORTEST = 20
/** Until a disk that failed is tried again. */
const TRY_AGAIN = 30_000
export class Plan {
  readonly #powers: PlanPowers
  readonly #core: CoreLink
  readonly #clock: Clock
  readonly #log: Log
  #config: Config
  #planner: Planner | null = null
  #store: PlanStore | null = null
  /** Null on a machine by itself. */
  #nodes: { said: PlanOfNodes; talk: PlanNodes } | null = null
  #timer: NodeJS.Timeout | undefined
  #failed: string | null = null

  constructor(surroundings: Surroundings, config: Config, log: Log) {
    this.#clock = planClock(surroundings)
    this.#log = log
    this.#config = config
    this.#powers = powersOf(surroundings)
    this.#core = surroundings.core
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
    this.#try(() => this.#planner?.configure(config.events, namesOf(config), untoldIn(config)))
    this.look()
  }

  /** Opens it if need be, does what is due, and sees to it that it is called again in time. */
  readonly look = (): void => {
    clearTimeout(this.#timer)
    const next = this.#try(() => {
      this.#planner ??= this.#open()
      // Before runs that were stopped are over, and known no more.
      this.#nodes?.said.gather()
      return this.#planner.look()
    })
    void this.#nodes?.talk.round()
    const wait = next === undefined ? TRY_AGAIN : Math.min(LONGEST, Math.max(SHORTEST, next - this.#clock.now()))
    this.#timer = setTimeout(this.look, wait)
  }

  /** A new core knows nothing of what the old one was told about waiting rooms. */
  coreIsNew(): void {
    this.#try(() => this.#planner?.runs.reassert(({ admit }) => admit !== undefined))
    this.look()
  }

  end(): void {
    clearTimeout(this.#timer)
    this.#try(() => this.#store?.end())
  }

  #open(): Planner {
    const config = this.#config
    const store = new PlanStore(config.data)
    const inner = new Performer(config.data, store.id, this.#powers)
    this.#nodes = config.cluster.url.length === 0 ? null : this.#nodesOf(store, () => planner)
    const performer = this.#nodes === null ? inner : new OneNode(inner, this.#nodes.talk)
    const planner: Planner = new Planner(store, performer, this.#clock, this.#log)
    planner.runs.onSettled = this.look
    planner.configure(config.events, namesOf(config), untoldIn(config))
    this.#store = store
    return planner
  }

  #nodesOf(store: PlanStore, planner: () => Planner): { said: PlanOfNodes; talk: PlanNodes } {
    const { cluster } = this.#config
    const [clock, log] = [this.#clock, this.#log]
    const said = new PlanOfNodes({ planner, store, clock, log, secret: cluster.secret?.secret })
    const node = cluster.node ?? hostname()
    const talk = new PlanNodes({ core: this.#core, nodes: said, owner: store.id, node, log, heard: this.look })
    return { said, talk }
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

/** Why what runs programs cannot be told to other nodes; null where it can, or there are none. */
const untoldIn = ({ cluster }: Config): string | null =>
  cluster.url.length === 0 || cluster.secret !== undefined
    ? null
    : 'On several machines an event with programs or webhooks that is added by command needs a `cluster.secret` in the config, the same on all nodes: by that they know that they may run them. Or put the event into the config.'
