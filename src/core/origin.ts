// One origin server as core knows it: where it came from, whether it works, and what it bears now.

import type { SiteConfig } from '../config/types.ts'
import type { OriginRow } from '../threads/messages.ts'
import { Health } from './health.ts'
import { limitNow } from './limit.ts'
import type { Bearer } from './permits.ts'

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
  full: number
  slowStart: number
  /** Monotonic ms; null for one that was there from the start. */
  addedAt: number | null
  limit = 0
  isOpen = true
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
    this.adopt(site)
  }

  /** The config may have changed what holds for it. */
  adopt(site: SiteConfig): void {
    this.health.settings = healthSettings(site)
    this.slowStart = site.origin.slowStart
    this.full = site.origins.find(({ url }) => url.href === this.url)?.inFlight ?? site.origin.inFlight
  }

  /** The same server served under another site until now: it is as warm, and as well, as it was. */
  succeed({ addedAt, health }: Origin): void {
    this.addedAt = latest(addedAt, health.recoveredAt)
    this.health.state = health.state
    this.health.why = health.why
  }

  leave(): void {
    this.isDraining = this.isLeaving = true
  }

  /** Its whole limit now, before anything is taken off for others that share the server. */
  bears(isLast: boolean, now: number): number {
    const { state, full, slowStart, addedAt, health } = this
    return limitNow({ state, full, isLast, warmingSince: latest(health.recoveredAt, addedAt), slowStart }, now)
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

const latest = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? (a ?? b) : Math.max(a, b)

function healthSettings({ origin: { health } }: SiteConfig) {
  const { path, every, timeout, unhealthyAfter, healthyAfter } = health
  return { path, every, timeout, unhealthyAfter, healthyAfter }
}
