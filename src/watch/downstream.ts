// What stands behind the origins of a site and how often a request asks there: one page that makes forty queries is the slow site of
// tomorrow, and a write that has a search server index everything is the end of it. Sums are read every ten seconds; who cannot be reached
// is asked again half a minute later.

import type { Clock } from '../base/clock.ts'
import { openSource } from '../rehearse/sources/open.ts'
import type { Calls, SlowQuery, Source } from '../rehearse/sources/source.ts'
import type { Log } from '../threads/log.ts'
import type { Metric } from './exposition.ts'
import type { KindSums } from './route-sums.ts'

const LOOK_EVERY = 10_000
const AGAIN_AFTER = 30_000
/** Queries that are told of each. */
const MOST_QUERIES = 5

/** A gauge of a site, by its address. */
interface Place {
  site: string
  address: string
}

interface Gauge extends Place {
  source: Source | null
  error: string | null
  /** Monotonic, milliseconds. */
  asksAt: number
  before: { at: number; calls: Calls; requests: number } | null
  figures: { perSecond: number; perRequest: number | null } | null
  queries: SlowQuery[]
}

export interface DownstreamStats {
  site: string
  /** Without its secrets; where it was never reached, its kind alone. */
  source: string
  of: string | null
  /** Since the source was started. */
  calls: number | null
  /** Over the last ten seconds. */
  perSecond: number | null
  /** For each request that reached an origin of the site; null where none did. */
  perRequest: number | null
  /** Those that took most since it was first asked. */
  queries: SlowQuery[]
  error: string | null
}

interface GaugedSite {
  name: string
  gauges: readonly { secret: string }[]
}

export class Downstream {
  #gauges: Gauge[] = []
  readonly #clock: Clock
  readonly #kinds: () => readonly KindSums[]
  readonly #log: Log
  #isLooking = false

  /** `kinds`: requests that reached origins so far, by site. */
  constructor(clock: Clock, kinds: () => readonly KindSums[], log: Log) {
    this.#clock = clock
    this.#kinds = kinds
    this.#log = log
  }

  /** Those that are in the config from now on; what is known of the others is kept. */
  configure(sites: readonly GaugedSite[]): void {
    const wanted = sites.flatMap(({ name: site, gauges }) => gauges.map(({ secret }) => ({ site, address: secret })))
    for (const gone of this.#gauges.filter(each => !wanted.some(other => isSame(each, other))))
      void gone.source?.close()
    this.#gauges = wanted.map(each => this.#gauges.find(other => isSame(each, other)) ?? newGauge(each))
  }

  /** Called each second; resolves when those whose time has come are read. Never rejects. */
  async look(): Promise<void> {
    if (this.#isLooking) return
    this.#isLooking = true
    const now = this.#clock.monotonic()
    await Promise.all(this.#gauges.filter(({ asksAt }) => now >= asksAt).map(gauge => this.#ask(gauge)))
    this.#isLooking = false
  }

  get stats(): DownstreamStats[] {
    return this.#gauges.map(({ site, address, source, before, figures, queries, error }) => ({
      ...{ site, source: source?.name ?? `${address.split(':', 1)[0]}:` },
      ...{ of: before?.calls.of ?? null, calls: before?.calls.count ?? null },
      ...{ perSecond: figures?.perSecond ?? null, perRequest: figures?.perRequest ?? null },
      ...{ queries, error },
    }))
  }

  async #ask(gauge: Gauge): Promise<void> {
    gauge.asksAt = this.#clock.monotonic() + LOOK_EVERY
    try {
      gauge.source ??= await openSource(gauge.address)
      const calls = await gauge.source.calls()
      const at = this.#clock.monotonic()
      const requests = this.#requestsOf(gauge.site)
      gauge.figures = calls === null ? null : between(gauge.before, { at, calls, requests })
      gauge.before = calls === null ? null : { at, calls, requests }
      gauge.queries = (await gauge.source.slowQueries()).slice(0, MOST_QUERIES)
      gauge.error = null
    } catch (error) {
      this.#lose(gauge, error instanceof Error ? error.message : String(error))
    }
  }

  #lose(gauge: Gauge, error: string): void {
    if (gauge.error === null) this.#log('warn', 'gauge-not-read', { site: gauge.site, error })
    void gauge.source?.close()
    Object.assign(gauge, { error, source: null, before: null, figures: null, queries: [] })
    gauge.asksAt = this.#clock.monotonic() + AGAIN_AFTER
  }

  #requestsOf(site: string): number {
    return this.#kinds().reduce((sum, each) => sum + (each.site === site ? each.originRequests : 0), 0)
  }
}

const isSame = (a: Place, b: Place): boolean => a.site === b.site && a.address === b.address

const newGauge = (of: Place): Gauge => ({
  ...{ ...of, source: null, error: null, asksAt: 0 },
  ...{ before: null, figures: null, queries: [] },
})

/** Null before there are two looks, and where the sum has begun anew. */
export function between(before: Gauge['before'], now: NonNullable<Gauge['before']>): Gauge['figures'] {
  if (before === null || now.calls.count < before.calls.count || now.at <= before.at) return null
  const calls = now.calls.count - before.calls.count
  const requests = now.requests - before.requests
  return { perSecond: (calls * 1000) / (now.at - before.at), perRequest: requests > 0 ? calls / requests : null }
}

const gaugeLabels = ({ site, source, of }: DownstreamStats) => ({ site, source, of: of! })

/** Of each site and gauge, of which there are as many as the config names. */
export function downstreamMetrics(stats: readonly DownstreamStats[]): Metric[] {
  const known = stats.filter(({ calls }) => calls !== null)
  return [
    {
      name: 'breakwater_downstream_calls_total',
      help: 'What databases and hosts behind the origins were asked, by everybody.',
      type: 'counter',
      samples: known.map(each => ({ labels: gaugeLabels(each), value: each.calls! })),
    },
    {
      name: 'breakwater_downstream_calls_per_request',
      help: 'The same for each request that reached an origin of the site, over the last ten seconds.',
      type: 'gauge',
      samples: known.flatMap(each => (each.perRequest === null ? [] : [{ labels: gaugeLabels(each), value: each.perRequest }])), // prettier-ignore
    },
  ]
}
