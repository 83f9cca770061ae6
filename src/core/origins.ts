// The table of origin servers: which there are, which row of the board each has, and how much each bears now. The config
// brings them, commands add, drain and remove them while all goes on. A row stays with its site and URL for the life of the
// process, over restarts of core too, because edges count what they have in flight there.

import type { Config, SiteConfig } from '../config/types.ts'
import type { CoreToEdge, NotDone, OriginRow } from '../threads/messages.ts'
import { Health } from './health.ts'
import type { Ledger } from './ledger.ts'
import { limitNow } from './limit.ts'
import type { Bearer } from './permits.ts'
import { Rows } from './rows.ts'

/** How fast the measured rate of ended requests follows: 1/8 each 250 ms is about 2 s. */
const RATE_SHARE = 1 / 8
/** Looks a second. */
const LOOKS = 4

class Origin implements Bearer {
  readonly index: number
  readonly site: string
  readonly url: string
  readonly health: Health
  /** The config names it; otherwise a command did. */
  isConfigured: boolean
  isDraining = false
  /** Draining, and to be forgotten when nothing is in flight. */
  isLeaving = false
  full: number
  slowStart: number
  /** Monotonic ms; null for one that was there from the start. */
  addedAt: number | null
  limit = 0
  /** Requests that end in a second. */
  rate = 0

  constructor(index: number, site: SiteConfig, url: string, isConfigured: boolean, addedAt: number | null) {
    this.index = index
    this.site = site.name
    this.url = url
    this.isConfigured = isConfigured
    this.addedAt = addedAt
    this.health = new Health(healthSettings(site))
    this.full = site.origin.inFlight
    this.slowStart = site.origin.slowStart
  }

  /** The config may have changed what holds for it. */
  adopt(site: SiteConfig): void {
    this.health.settings = healthSettings(site)
    this.slowStart = site.origin.slowStart
    this.full = site.origins.find(({ url }) => url.href === this.url)?.inFlight ?? site.origin.inFlight
  }

  get isAiling(): boolean {
    return this.health.isAiling
  }

  get state(): OriginRow['state'] {
    return this.isDraining ? 'draining' : this.health.state
  }

  get row(): OriginRow {
    return { index: this.index, site: this.site, url: this.url, state: this.state }
  }
}

/** Why a command was not carried out, or null. */
export type Outcome = NotDone | null

export class Origins {
  readonly #ledger: Ledger
  readonly #rows: Rows
  readonly #origins = new Map<number, Origin>()
  #sites = new Map<string, SiteConfig>()
  #isFirst = true

  constructor(ledger: Ledger) {
    this.#ledger = ledger
    this.#rows = new Rows(ledger)
  }

  /** As edges are told. */
  get table(): OriginRow[] {
    return [...this.#origins.values()].map(origin => origin.row)
  }

  of(site: string): Origin[] {
    return [...this.#origins.values()].filter(origin => origin.site === site)
  }

  /** Requests that end in a second, over the site's origins. */
  rate(site: string): number {
    return this.of(site).reduce((sum, { rate }) => sum + rate, 0)
  }

  /**
   * Takes a config: its new origins are added, those it no longer names leave. What commands added stays while its site does; a drained one stays drained.
   * Returns the URLs for which there was no row left.
   */
  configure(config: Config, now: number): string[] {
    this.#sites = new Map(config.sites.map(site => [site.name, site]))
    for (const origin of this.#origins.values()) {
      const site = this.#sites.get(origin.site)
      const isNamed = site?.origins.some(({ url }) => url.href === origin.url) === true
      if (site !== undefined) origin.adopt(site)
      if (site === undefined || (origin.isConfigured && !isNamed)) leave(origin)
      else origin.isConfigured = isNamed
    }
    const left = config.sites.flatMap(site =>
      site.origins.filter(({ url }) => !this.#enter(site, url.href, true, now)).map(({ url }) => url.href),
    )
    this.#isFirst = false
    this.#limit(now)
    return left
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
    this.#limit(now)
    return null
  }

  drain(site: string | null, url: string, now: number): Outcome {
    return this.#retire(site, url, now, origin => (origin.isDraining = true))
  }

  remove(site: string | null, url: string, now: number): Outcome {
    return this.#retire(site, url, now, leave)
  }

  probed(index: number, ok: boolean, now: number): void {
    this.#origins.get(index)?.health.probed(ok, now)
  }

  /** Each 250 ms: looks at the board, sets the limits. Returns the origins to be probed now. */
  tick(now: number): Extract<CoreToEdge, { type: 'probe' }>[] {
    for (const origin of this.#origins.values()) {
      const ended = origin.health.watch(this.#ledger.ended(origin.index), now)
      origin.rate += (ended * LOOKS - origin.rate) * RATE_SHARE
      if (origin.isLeaving && this.#ledger.inFlight(origin.index) <= 0) this.#forget(origin)
    }
    this.#limit(now)
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
    if (there.isDraining) there.addedAt = addedAt
    there.isDraining = there.isLeaving = false
    there.isConfigured = isConfigured || there.isConfigured
    return true
  }

  #create(site: SiteConfig, url: string, isConfigured: boolean, addedAt: number | null): boolean {
    const index = this.#rows.rowFor(site.name, url, new Set(this.#origins.keys()))
    if (index < 0) return false
    const origin = new Origin(index, site, url, isConfigured, addedAt)
    origin.adopt(site)
    this.#origins.set(index, origin)
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

  #forget({ index }: Origin): void {
    this.#ledger.set(index, 'limit', 0)
    this.#ledger.set(index, 'ailing', 0)
    this.#origins.delete(index)
  }

  /** Writes onto the board what each bears now. */
  #limit(now: number): void {
    for (const origin of this.#origins.values()) {
      const { state, full, slowStart, addedAt, health, site } = origin
      const isLast = !this.of(site).some(other => other !== origin && other.state === 'up')
      const warmingSince = latest(health.recoveredAt, addedAt)
      origin.limit = limitNow({ state, full, isLast, warmingSince, slowStart }, now)
      this.#ledger.set(origin.index, 'limit', origin.limit)
      this.#ledger.set(origin.index, 'ailing', origin.isAiling ? 1 : 0)
    }
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

const latest = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? (a ?? b) : Math.max(a, b)

function leave(origin: Origin): void {
  origin.isDraining = origin.isLeaving = true
}

function healthSettings({ origin: { health } }: SiteConfig) {
  const { path, every, timeout, unhealthyAfter, healthyAfter } = health
  return { path, every, timeout, unhealthyAfter, healthyAfter }
}
