// Puts sites into the mode spike when many more begin to come than usual, and takes them out of it again when it has been calm for a
// while. What it commands is a lease: should this thread die, the mode ends by itself. A person's command and a planned
// event go before it.

import type { CoreLink } from '../core-link.ts'
import type { Clock } from '../../base/clock.ts'
import type { Modes } from '../../board/modes.ts'
import type { SiteConfig } from '../../config/types.ts'
import type { ClusterState } from '../../threads/cluster.ts'
import type { Log } from '../../threads/log.ts'
import type { Taken } from '../audience.ts'
import { loadOf } from '../site-load.ts'
import type { OriginStats } from '../stats.ts'
import { nextSecond, quiet } from '../alerts/onset.ts'
import type { Onset } from '../alerts/onset.ts'
import { nextHold, out, overruled } from './hold.ts'
import type { Hold } from './hold.ts'
import { begunBetween } from './rates.ts'

/** The lease, and what is left of it when it is renewed: milliseconds. */
const LEASE = 120_000
const RENEW_AT = 60_000
/** The board keeps whole seconds. */
const SECOND = 1000
/** Origins of which so much is in flight have hardly a place left. */
const FULL = 0.8

export interface SpikesDeps {
  core: Pick<CoreLink, 'setMode'>
  modes: Pick<Modes, 'commanded'>
  clock: Clock
  log: Log
  sites: () => readonly SiteConfig[]
  /** Of a site, since the start. */
  taken: (site: string) => Taken
  origins: () => readonly OriginStats[]
  /** Begun in the last second at all sites together. */
  begun: () => number
}

interface Watched {
  onset: Onset
  hold: Hold
  before: { taken: Taken; open: number } | null
  /** The end of the lease that this commanded; null while it holds nothing. */
  until: number | null
}

export class Spikes {
  readonly #deps: SpikesDeps
  readonly #sites = new Map<string, Watched>()
  /** The last command on any node that was heard of. */
  #heardOf = 0

  constructor(deps: SpikesDeps) {
    this.#deps = deps
  }

  /** To be called each second, after the board was read. */
  look(): void {
    const sites = this.#deps.sites()
    for (const name of this.#sites.keys()) if (sites.every(site => site.name !== name)) this.#sites.delete(name)
    const origins = this.#deps.origins()
    for (const site of sites) this.#lookAt(site, origins, sites.length === 1)
  }

  /** A person has put these sites into a mode: it holds for as long as the spike does. */
  overrule(names: readonly string[]): void {
    for (const name of names) {
      const watched = this.#watched(name)
      watched.hold = overruled(watched.hold, watched.onset)
      watched.until = null
    }
  }

  /** A person may have said so on another node. */
  heard(cluster: Pick<ClusterState, 'node' | 'modes'> | null | undefined): void {
    const modes = cluster?.modes ?? []
    for (const { site, node, why, rev } of modes)
      if (rev > this.#heardOf && why === 'by command' && node !== cluster?.node) this.overrule([site])
    if (modes.length > 0) this.#heardOf = Math.max(...modes.map(({ rev }) => rev))
  }

  /** Whether the site is in a spike because of this. */
  readonly holds = (site: string): boolean => {
    const { until = null } = this.#sites.get(site) ?? {}
    return until !== null && this.#isMine(site, until)
  }

  #lookAt(site: SiteConfig, origins: readonly OriginStats[], isOnly: boolean): void {
    const watched = this.#watched(site.name)
    const load = loadOf(site.name, origins)
    const now = { taken: this.#deps.taken(site.name), open: load.open }
    const before = watched.before
    watched.before = now
    // The first look finds what was counted before this thread was there.
    if (before === null) return
    watched.onset = nextSecond(watched.onset, isOnly ? this.#deps.begun() : begunBetween(before, now))
    const isLoaded = load.waiting > 0 || load.open > load.limit * FULL
    watched.hold = site.onset.spike
      ? nextHold(watched.hold, { onset: watched.onset, isLoaded }, site.onset.leaveAfter / SECOND)
      : out
    this.#follow(site, watched)
  }

  #follow({ name, mode }: SiteConfig, watched: Watched): void {
    const { modes, clock } = this.#deps
    const isMine = watched.until !== null && this.#isMine(name, watched.until)
    if (watched.hold.state === 'in') {
      const isFree = (modes.commanded(name)?.mode ?? mode) === 'normal'
      if (isMine ? watched.until! - clock.now() < RENEW_AT : isFree) void this.#command(name, watched)
      return
    }
    if (isMine) void this.#deps.core.setMode(name, mode, null, 'calm again')
    watched.until = null
  }

  async #command(name: string, watched: Watched): Promise<void> {
    const until = this.#deps.clock.now() + LEASE
    watched.until = until
    const problem = await this.#deps.core.setMode(name, 'spike', until, 'the onset of a spike')
    if (problem === null) return
    watched.until = null
    this.#deps.log('warn', 'spike-not-entered', { site: name, error: problem.message })
  }

  /** Nobody has commanded another thing since; until core has heard, nothing is. */
  #isMine(name: string, until: number): boolean {
    const now = this.#deps.modes.commanded(name)
    return now?.mode === 'spike' && Math.abs((now.until ?? 0) - until) <= SECOND
  }

  #watched(name: string): Watched {
    const known = this.#sites.get(name) ?? { onset: quiet, hold: out, before: null, until: null }
    this.#sites.set(name, known)
    return known
  }
}
