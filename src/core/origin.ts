// One origin server as core knows it: where it came from, whether it works, and what it bears now.

import type { SiteConfig } from '../config/types.ts'
import type { OriginRow } from '../threads/messages.ts'
import { ClassesAt } from './classes-at.ts'
import { Health } from './health.ts'
import type { Ledger } from './ledger.ts'
import { limitNow } from './limit.ts'
import type { Limit } from './limits/limit.ts'
import { Looks } from './limits/looks.ts'
import { momentsOf } from './limits/moments.ts'
import { makeLimit } from './limits/make.ts'
import type { LimitConfig } from './limits/make.ts'
import type { Bearer, Waited } from './permits.ts'

/** How fast the measured time follows: 1/4 each 250 ms is about a second. */
const TIME_SHARE = 1 / 4

export class Origin implements Bearer {
  readonly index: number
  readonly site: string
  readonly url: string
  readonly health: Health
  /** The config names it; otherwise a command did. */
  isConfigured: boolean
  isDraining = false
  /** Draining, and to be forgotten when nothing is in flight. */
  isLeaving = false
  concurrency: Limit
  #wanted: LimitConfig
  readonly #ledger: Ledger
  readonly #looks: Looks
  #classes: ClassesAt
  /** The terms of the classes, as text, since they were made anew last. */
  #terms: string
  slowStart: number
  /** Monotonic ms; null for one that was there from the start. */
  addedAt: number | null
  limit = 0
  /** What this node may send at once, where other nodes send to it too. */
  share = Infinity
  isOpen = true
  /** Requests that end in a second. */
  rate = 0
  /** Milliseconds to the first byte of an answer, lately; 0 while none was seen. */
  time = 0

  constructor(
    ledger: Ledger,
    index: number,
    site: SiteConfig,
    url: string,
    isConfigured: boolean,
    addedAt: number | null,
  ) {
    this.index = index
    this.site = site.name
    this.url = url
    this.isConfigured = isConfigured
    this.addedAt = addedAt
    this.health = new Health(healthSettings(site))
    this.slowStart = site.origin.slowStart
    this.#ledger = ledger
    this.#looks = new Looks(() => ledger.seen(index))
    this.#classes = new ClassesAt(ledger, index, site)
    this.#terms = termsOf(site)
    // An origin that had this row before core died stood there.
    this.#wanted = this.#wantedBy(site)
    this.concurrency = makeLimit(this.#wanted, ledger.get(index, 'limit'))
    this.adopt(site)
  }

  /** The config may have changed what holds for it. */
  adopt(site: SiteConfig): void {
    this.health.settings = healthSettings(site)
    this.slowStart = site.origin.slowStart
    const terms = termsOf(site)
    if (terms !== this.#terms) this.#classes = new ClassesAt(this.#ledger, this.index, site)
    this.#terms = terms
    const wanted = this.#wantedBy(site)
    if (JSON.stringify(wanted) === JSON.stringify(this.#wanted)) return
    this.#wanted = wanted
    this.concurrency = makeLimit(wanted, this.concurrency.value)
  }

  /** What has been seen of it since the last time. */
  look(now: number, waited: Waited): void {
    // While less is given than the limit says, as in slow start, it is not the limit that makes anybody wait.
    const look = this.#looks.next(now, this.limit < this.concurrency.value ? 0 : waited.all)
    const seen = momentsOf(look.firstBytes, Infinity)
    if (seen.n > 0) this.time = this.time === 0 ? seen.mean : this.time + (seen.mean - this.time) * TIME_SHARE
    this.concurrency.observe(this.#classes.look(look, waited.of, this.limit - look.inFlight))
  }

  #wantedBy({ origin, origins, classes }: SiteConfig): LimitConfig {
    const { limit, least, most } = origin.concurrency
    const own = origins.find(({ url }) => url.href === this.url)?.concurrency
    // With classes no less than two: of a single place one class that hangs would leave nothing to the others.
    const floor = classes.length === 0 ? least : Math.max(least, Math.min(2, most))
    return { limit: own ?? limit, least: floor, most }
  }

  limitOf(routeClass: number): number {
    return this.#classes.limits[routeClass] ?? Infinity
  }

  ownLimitOf(routeClass: number): number {
    return this.#classes.ownOf(routeClass)
  }

  /** It gets so many now. */
  give(limit: number): void {
    this.limit = limit
    this.#classes.divide(limit)
  }

  /** Its limit goes on from where it stood. */
  begin(limit: number): void {
    this.concurrency = makeLimit(this.#wanted, limit)
  }

  /** The same server served under another site until now: it is as warm, and as well, as it was. */
  succeed({ addedAt, health, concurrency }: Origin): void {
    this.concurrency = makeLimit(this.#wanted, concurrency.value)
    this.addedAt = latest(addedAt, health.recoveredAt)
    this.health.state = health.state
    this.health.why = health.why
  }

  leave(): void {
    this.isDraining = this.isLeaving = true
  }

  /** Its whole limit now, before anything is taken off for others that share the server. */
  bears(isLast: boolean, now: number): number {
    const { state, slowStart, addedAt, health } = this
    const full = this.concurrency.value
    return limitNow({ state, full, isLast, warmingSince: latest(health.recoveredAt, addedAt), slowStart }, now)
  }

  /** What it may ever be sent at once, from all nodes together. */
  get maximum(): number {
    const { limit, least, most } = this.#wanted
    return typeof limit === 'number' ? limit : Math.max(least, most)
  }

  get isSeeking(): boolean {
    return this.concurrency.isSeeking === true && !this.health.isAiling
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

const termsOf = ({ classes, origin }: SiteConfig): string => JSON.stringify([classes, origin.concurrency])

const latest = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? (a ?? b) : Math.max(a, b)

function healthSettings({ origin: { health } }: SiteConfig) {
  const { path, every, timeout, unhealthyAfter, healthyAfter } = health
  return { path, every, timeout, unhealthyAfter, healthyAfter }
}
