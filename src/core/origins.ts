// The table of origin servers: which there are, which row of the board each has, and how much each bears now. The config
// brings them, commands add, drain and remove them while all goes on. A row stays with its site and URL for the life of the
// process, over restarts of core too, because edges count what they have in flight there.

import type { OriginNeed } from '../cluster/shares.ts'
import type { Config, SiteConfig } from '../config/types.ts'
import type { Log } from '../threads/log.ts'
import type { OriginLoad } from '../threads/handover.ts'
import type { CoreToEdge, EdgeToCore, NotDone, OriginRow } from '../threads/messages.ts'
import { MAX_CLASSES } from '../board/board.ts'
import type { Ledger } from './ledger.ts'
import { besideFormer, restOf } from './limit.ts'
import { OriginEvents } from './origin-events.ts'
import { Origin } from './origin.ts'
import type { Waited } from './permits.ts'
import { Rows } from './rows.ts'
import type { OriginFacts } from './waiting/capacity.ts'

/** How fast the measured rate of ended requests follows: 1/8 each 250 ms is about 2 s. */
const RATE_SHARE = 1 / 8
/** Looks a second. */
const LOOKS = 4
/**
 * A site that has left the config is kept until every edge has applied the new one and nothing of it is under way, but no
 * longer than this, milliseconds: what began before the change is mostly over by then, and edges apply within two seconds.
 */
const LINGER = 10_000
const IN_CONFIG = 'the config names it'

type Probed = Pick<Extract<EdgeToCore, { type: 'probed' }>, 'origin' | 'ok' | 'error'>

const NOBODY: Waited = { all: 0, of: [] }

/** Why a command was not carried out, or null. */
export type Outcome = NotDone | null

export class Origins {
  readonly #ledger: Ledger
  readonly #areShared: boolean
  readonly #rows: Rows
  readonly #events: OriginEvents
  readonly #origins = new Map<number, Origin>()
  #sites = new Map<string, SiteConfig>()
  /** Sites that have left the config and still get what edges ask for, by name; until when (monotonic ms). */
  readonly #lingering = new Map<string, number>()
  /** Every edge has applied the config. */
  #isEverywhere = true
  #isFirst = true
  /** What another process still has in flight. */
  #beside: readonly OriginLoad[] = []
  /** Another process sends to the same origins from now on. */
  #hasLetGo = false

  /** `areShared`: other nodes send to the same servers, and what this one may is told by `share`. */
  constructor(ledger: Ledger, log: Log, areShared = false) {
    this.#ledger = ledger
    this.#areShared = areShared
    this.#events = new OriginEvents(log)
    this.#rows = new Rows(ledger)
  }

  /** As edges are told. */
  get table(): OriginRow[] {
    return [...this.#origins.values()].map(origin => origin.row)
  }

  /** What this process does to each, for the one that takes over. */
  get loads(): OriginLoad[] {
    return [...this.#origins.values()].map(({ site, url, limit, index, concurrency }) => ({
      ...{ site, url, limit, inFlight: this.#ledger.inFlight(index), stood: concurrency.value },
    }))
  }

  /** From now on each gets what it has in flight, up to half of what it bears; the rest is for the process that takes over. */
  letGo(now: number): void {
    this.#hasLetGo = true
    this.#limit(now)
  }

  /** What the process before this one has in flight is taken off every limit. The first time, each begins where it stood there. */
  standBeside(loads: readonly OriginLoad[], now: number): void {
    if (this.#beside.length === 0) for (const { site, url, stood } of loads) this.#named(site, url)?.begin(stood)
    this.#beside = loads
    this.#limit(now)
  }

  of(site: string): Origin[] {
    return [...this.#origins.values()].filter(origin => origin.site === site)
  }

  /** How each origin stands among nodes: what all of them may send there at once, what this one may, and what it wants. */
  get needs(): OriginNeed[] {
    return [...this.#origins.values()].map(({ index, site, url, maximum, share }) => {
      const inFlight = Math.max(0, this.#ledger.inFlight(index))
      // Who waits stands at each origin of the site.
      const waiting = Math.ceil(this.#ledger.get(index, 'waiting') / this.of(site).length)
      return { site, url, max: maximum, share, inFlight, wanted: inFlight + waiting }
    })
  }

  /** What this node may send at once to an origin, of what all nodes may. */
  share(site: string, url: string, share: number, now: number): void {
    const origin = this.#named(site, url)
    if (origin === undefined) return
    origin.share = share
    this.#limit(now)
  }

  /** Requests that end in a second, and that could (see waiting/capacity.ts), over the site's origins. */
  pace(site: string): { rate: number; potential: number } {
    const origins = this.of(site)
    return {
      rate: origins.reduce((sum, { rate }) => sum + rate, 0),
      potential: origins.reduce((sum, { limit, time }) => sum + (time > 0 ? (1000 * limit) / time : 0), 0),
    }
  }

  /** What a waiting room's own pace is made from, where so many requests wait for a place. */
  facts(site: string, queued: number): OriginFacts {
    const sum = (of: (origin: Origin) => number): number =>
      this.of(site).reduce((total, origin) => total + of(origin), 0)
    return {
      limit: sum(({ limit }) => limit),
      inFlight: sum(({ index }) => this.#ledger.inFlight(index)),
      queued,
      ...this.pace(site),
    }
  }

  /** Is the site in the config, or not quite gone from it? */
  knows(site: string): boolean {
    return this.#sites.has(site) || this.of(site).length > 0
  }

  /**
   * Takes a config: its new origins are added, those it no longer names leave; those of a site that it no longer names
   * leave after `everywhere`. What commands added stays while its site does; a drained one stays drained. Returns the
   * URLs for which there was no row left.
   */
  configure(config: Config, now: number): string[] {
    this.#sites = new Map(config.sites.map(site => [site.name, site]))
    this.#isEverywhere = this.#isFirst
    for (const origin of this.#origins.values()) {
      const site = this.#sites.get(origin.site)
      if (site === undefined) this.#linger(origin.site, now)
      else this.#stay(origin, site)
    }
    for (const name of this.#sites.keys()) this.#lingering.delete(name)
    const left = config.sites.flatMap(site =>
      site.origins.filter(({ url }) => !this.#enter(site, url.href, true, now)).map(({ url }) => url.href),
    )
    this.#isFirst = false
    this.#limit(now)
    return left
  }

  /** Every edge has applied the config: nobody begins anything for a site that is not in it. */
  everywhere(now: number): void {
    this.#isEverywhere = true
    this.#partWith(now)
    this.#limit(now)
  }

  /** What an edge knows from an earlier core: origins that commands added, and which were drained or down. */
  remember(rows: OriginRow[], now: number): void {
    for (const { site: name, url, state } of rows) {
      const site = this.#sites.get(name)
      if (site === undefined) continue
      if (this.#named(name, url) === undefined) this.#enter(site, url, false, null)
      const origin = this.#named(name, url)
      if (origin === undefined) continue
      if (state === 'draining') origin.isDraining = true
      if (state === 'down') origin.health.state = 'down'
    }
    this.#limit(now)
  }

  /** `url` is in its normal form: scheme://host:port. */
  add(site: string | null, url: string, now: number): Outcome {
    const found = this.#site(site)
    if (typeof found === 'string') return found
    const origin = this.#named(found.name, url)
    if (origin !== undefined && !origin.isDraining) return 'already-there'
    if (!this.#enter(found, url, false, now)) return 'full'
    this.#events.added(this.#named(found.name, url)!, 'by command')
    this.#limit(now)
    return null
  }

  drain(site: string | null, url: string, now: number): Outcome {
    return this.#retire(site, url, now, origin => {
      origin.isDraining = true
      this.#events.draining(origin, 'by command')
    })
  }

  remove(site: string | null, url: string, now: number): Outcome {
    return this.#retire(site, url, now, origin => this.#leave(origin, 'to be removed, by command'))
  }

  probed({ origin: index, ok, error }: Probed, now: number): void {
    const origin = this.#origins.get(index)
    if (origin !== undefined) this.#events.noticing(origin, () => origin.health.probed(ok, error, now))
  }

  /**
   * Each 250 ms: looks at the board, sets the limits. `waited` is asked once a site for the share of the time since the last
   * tick in which somebody waited. Returns the origins to be probed now, where an edge is there to do it (`mayProbe`).
   */
  tick(
    now: number,
    waited: (site: string) => Waited | undefined = () => undefined,
    mayProbe = true,
  ): Extract<CoreToEdge, { type: 'probe' }>[] {
    this.#partWith(now)
    const shares = new Map([...this.#origins.values()].map(({ site }) => [site, waited(site)]))
    for (const origin of this.#origins.values()) {
      const ended = this.#events.noticing(origin, () => origin.health.watch(this.#ledger.ended(origin.index), now))
      origin.look(now, shares.get(origin.site) ?? NOBODY)
      origin.rate += (ended * LOOKS - origin.rate) * RATE_SHARE
      if (origin.isLeaving && this.#ledger.inFlight(origin.index) <= 0) this.#forget(origin)
    }
    this.#limit(now)
    if (this.#hasLetGo || !mayProbe) return []
    const due = [...this.#origins.values()].filter(origin => !origin.isDraining && origin.health.probeDue(now))
    return due.map(({ index }) => ({ type: 'probe', origin: index }))
  }

  /** Adds it, or takes it back where it was draining. False when the board has no row left. */
  #enter(site: SiteConfig, url: string, isConfigured: boolean, now: number | null): boolean {
    const there = this.#named(site.name, url)
    const hasCompany = this.of(site.name).some(({ state }) => state === 'up')
    // The config of a reload names the drained ones again; only a command or its leaving the config brings one back.
    if (there !== undefined && isConfigured && there.isDraining && !there.isLeaving) return true
    const addedAt = hasCompany && !this.#isFirst ? now : null
    if (there === undefined) return this.#create(site, url, isConfigured, addedAt)
    if (isConfigured && there.isLeaving) this.#events.added(there, IN_CONFIG)
    if (there.isDraining) there.addedAt = addedAt
    there.isDraining = there.isLeaving = false
    there.isConfigured = isConfigured || there.isConfigured
    return true
  }

  #create(site: SiteConfig, url: string, isConfigured: boolean, addedAt: number | null): boolean {
    const index = this.#rows.rowFor(site.name, url, new Set(this.#origins.keys()))
    if (index < 0) return false
    const origin = new Origin(this.#ledger, index, site, url, isConfigured, addedAt)
    // A core that takes the place of another one goes on with what that had.
    if (this.#areShared) origin.share = this.#ledger.get(index, 'limit')
    const [former] = this.#formerOf(site.name, url)
    if (former !== undefined) origin.succeed(former)
    this.#origins.set(index, origin)
    if (isConfigured && !this.#isFirst) this.#events.added(origin, IN_CONFIG)
    return true
  }

  #retire(site: string | null, url: string, now: number, retire: (origin: Origin) => void): Outcome {
    const found = this.#site(site)
    if (typeof found === 'string') return found
    const origin = this.#named(found.name, url)
    if (origin === undefined || origin.isLeaving) return 'unknown-origin'
    if (!this.of(found.name).some(other => other !== origin && !other.isDraining)) return 'last-origin'
    retire(origin)
    this.#limit(now)
    return null
  }

  #leave(origin: Origin, why: string): void {
    if (!origin.isLeaving) this.#events.draining(origin, why)
    origin.leave()
  }

  #forget(origin: Origin): void {
    const { index } = origin
    this.#events.removed(origin)
    this.#ledger.set(index, 'limit', 0)
    this.#ledger.set(index, 'ailing', 0)
    for (let each = 0; each < MAX_CLASSES; each++) this.#ledger.setLimitOf(index, each, Infinity)
    this.#origins.delete(index)
  }

  #stay(origin: Origin, site: SiteConfig): void {
    const isNamed = site.origins.some(({ url }) => url.href === origin.url)
    origin.adopt(site)
    if (origin.isConfigured && !isNamed) this.#leave(origin, 'the config no longer names it')
    else origin.isConfigured = isNamed
  }

  #linger(site: string, now: number): void {
    if (!this.#lingering.has(site)) this.#lingering.set(site, now + LINGER)
  }

  /** Sites that have left the config: their origins leave when nobody asks for them any more, or when their time is over. */
  #partWith(now: number): void {
    for (const [site, until] of this.#lingering) {
      const origins = this.of(site)
      const isAsked = origins.some(({ index }) => this.#ledger.inFlight(index) > 0 || this.#isWaitedFor(index))
      if (now < until && (isAsked || !this.#isEverywhere)) continue
      for (const origin of origins) this.#leave(origin, 'its site has left the config')
      this.#lingering.delete(site)
    }
  }

  #isWaitedFor(index: number): boolean {
    return this.#ledger.get(index, 'waiting') > 0
  }

  /** The same server under a site that no longer has it, as after a site was given another name. */
  #formerOf(site: string, url: string): Origin[] {
    return [...this.#origins.values()].filter(
      other => other.url === url && other.site !== site && (other.isLeaving || this.#lingering.has(other.site)),
    )
  }

  /** Writes onto the board what each bears now: first those that leave something to others, then the others. */
  #limit(now: number): void {
    const isFormer = ({ site, isLeaving }: Origin): boolean => isLeaving || this.#lingering.has(site)
    const all = [...this.#origins.values()]
    for (const origin of [...all.filter(isFormer), ...all.filter(each => !isFormer(each))]) this.#limitOne(origin, now)
  }

  #limitOne(origin: Origin, now: number): void {
    const { index, site, url } = origin
    const isLast = !this.of(site).some(other => other !== origin && other.state === 'up')
    const alone = origin.bears(isLast, now)
    const bears = Math.min(alone, origin.share)
    const isShared = this.#hasLetGo || (this.#lingering.has(site) && this.#isTakenOver(origin))
    origin.isOpen = alone > 0
    origin.give(
      isShared
        ? restOf(bears, this.#ledger.inFlight(index))
        : besideFormer(bears, [
            ...this.#formerOf(site, url).map(({ index: former, limit }) => ({
              limit,
              inFlight: this.#ledger.inFlight(former),
            })),
            ...this.#beside.filter(load => load.site === site && load.url === url),
          ]),
    )
    this.#ledger.set(index, 'limit', origin.limit)
    for (let each = 0; each < MAX_CLASSES; each++) this.#ledger.setLimitOf(index, each, origin.limitOf(each))
    this.#ledger.set(index, 'ailing', origin.isAiling ? 1 : 0)
  }

  #isTakenOver({ url, site }: Origin): boolean {
    return [...this.#origins.values()].some(
      other => other.url === url && other.site !== site && this.#sites.has(other.site),
    )
  }

  #site(name: string | null): SiteConfig | NotDone {
    if (name !== null) return this.#sites.get(name) ?? 'unknown-site'
    const [only, ...others] = this.#sites.values()
    return only === undefined || others.length > 0 ? 'which-site' : only
  }

  #named(site: string, url: string): Origin | undefined {
    return this.of(site).find(origin => origin.url === url)
  }
}
