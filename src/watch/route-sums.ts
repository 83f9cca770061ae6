// What each route cost, over all edges: the slow query of a site is the route with the most time of the origin, whatever a single
// request of it takes. Sums since the start by class, and by route over the last five to ten minutes.

import type { Clock } from '../base/clock.ts'
import type { RouteKind, RouteSums } from '../threads/sums.ts'
import { RecentSums } from './recent-sums.ts'
import type { SiteConfig } from '../config/types.ts'

/** Routes that are told, the costliest first. */
const MOST_TOLD = 50
/** Routes that are kept of one span; edges tell 512 each and a site. 300 bytes each. */
const MOST_KEPT = 4096

export type KindSums = Pick<RouteSums, 'site' | 'outcomes' | 'bytes' | 'queuedMs' | 'originMs' | 'originRequests'> & {
  kind: RouteKind
}

interface RuleFigures {
  seconds: number
  rules: (Omit<RouteSums, 'method' | 'route' | 'kind' | 'rules'> & { rule: string; requests: number })[]
}

const NOTHING = { outcomes: {}, bytes: 0, queuedMs: 0, originMs: 0, originRequests: 0 }

const figures = ['bytes', 'queuedMs', 'originMs', 'originRequests'] as const

export class RouteLedger {
  readonly #kinds = new Map<string, RouteSums>()
  readonly #recent: RecentSums<RouteSums>
  readonly #rules: RecentSums<RouteSums>

  constructor(clock: Clock) {
    this.#recent = new RecentSums(clock, MOST_KEPT, copied, added)
    this.#rules = new RecentSums(clock, MOST_KEPT, copied, added)
  }

  add(sums: readonly RouteSums[]): void {
    for (const each of sums) {
      const kind = `${each.site} ${each.kind}`
      const known = this.#kinds.get(kind)
      if (known === undefined) this.#kinds.set(kind, copied(each))
      else added(known, each)
      this.#recent.add(`${each.site} ${each.method} ${each.route}`, each)
      for (const rule of each.rules) this.#rules.add(`${each.site} ${rule}`, { ...each, rules: [rule] })
    }
  }

  /** Since the start, by site and class. */
  get kinds(): KindSums[] {
    return [...this.#kinds.values()]
  }

  /** By total time of the origin, the costliest first. */
  get top(): { seconds: number; routes: (Omit<RouteSums, 'rules'> & { requests: number })[] } {
    const routes = this.#recent.all
      .map(({ rules: _rules, ...sums }) => ({ ...sums, requests: requestsOf(sums) }))
      .sort((a, b) => b.originMs - a.originMs || b.requests - a.requests)
    return { seconds: this.#recent.seconds, routes: routes.slice(0, MOST_TOLD) }
  }

  /** What became of the requests that each rule of these sites matched, in the order of the rules; nought where it matched none. */
  rulesOf(sites: readonly Pick<SiteConfig, 'name' | 'rules' | 'presetRules'>[]): RuleFigures {
    const known = new Map(this.#rules.all.map(sums => [`${sums.site} ${sums.rules[0]}`, sums]))
    const rules = sites.flatMap(({ name: site, rules: own, presetRules }) =>
      [...new Set([...presetRules, ...own].map(({ name }) => name))].map(rule => {
        const { outcomes, bytes, queuedMs, originMs, originRequests } = known.get(`${site} ${rule}`) ?? NOTHING
        return { site, rule, requests: requestsOf({ outcomes }), outcomes, bytes, queuedMs, originMs, originRequests }
      }),
    )
    return { seconds: this.#rules.seconds, rules }
  }
}

const requestsOf = ({ outcomes }: Pick<RouteSums, 'outcomes'>): number =>
  Object.values(outcomes).reduce((sum, each) => sum + each, 0)

const copied = (sums: RouteSums): RouteSums => ({ ...sums, outcomes: { ...sums.outcomes } })

function added(sums: RouteSums, more: RouteSums): void {
  for (const figure of figures) sums[figure] += more[figure]
  for (const [outcome, count] of Object.entries(more.outcomes))
    sums.outcomes[outcome] = (sums.outcomes[outcome] ?? 0) + count
}
