// What each route cost, over all edges: the slow query of a site is the route with the most time of the origin, whatever a single
// request of it takes. Sums since the start by class, and by route over the last five to ten minutes.

import type { Clock } from '../base/clock.ts'
import type { RouteKind, RouteSums } from '../threads/sums.ts'
import { RecentSums } from './recent-sums.ts'

/** Routes that are told, the costliest first. */
const MOST_TOLD = 50
/** Routes that are kept of one span; edges tell 512 each and a site. 300 bytes each. */
const MOST_KEPT = 4096

export type KindSums = Pick<RouteSums, 'site' | 'outcomes' | 'bytes' | 'queuedMs' | 'originMs' | 'originRequests'> & {
  kind: RouteKind
}

const figures = ['bytes', 'queuedMs', 'originMs', 'originRequests'] as const

export class RouteLedger {
  readonly #kinds = new Map<string, RouteSums>()
  readonly #recent: RecentSums<RouteSums>

  constructor(clock: Clock) {
    this.#recent = new RecentSums(clock, MOST_KEPT, copied, added)
  }

  add(sums: readonly RouteSums[]): void {
    for (const each of sums) {
      const kind = `${each.site} ${each.kind}`
      const known = this.#kinds.get(kind)
      if (known === undefined) this.#kinds.set(kind, copied(each))
      else added(known, each)
      this.#recent.add(`${each.site} ${each.method} ${each.route}`, each)
    }
  }

  /** Since the start, by site and class. */
  get kinds(): KindSums[] {
    return [...this.#kinds.values()]
  }

  /** By total time of the origin, the costliest first. */
  get top(): { seconds: number; routes: (RouteSums & { requests: number })[] } {
    const routes = this.#recent.all
      .map(sums => ({ ...sums, requests: Object.values(sums.outcomes).reduce((sum, each) => sum + each, 0) }))
      .sort((a, b) => b.originMs - a.originMs || b.requests - a.requests)
    return { seconds: this.#recent.seconds, routes: routes.slice(0, MOST_TOLD) }
  }
}

const copied = (sums: RouteSums): RouteSums => ({ ...sums, outcomes: { ...sums.outcomes } })

function added(sums: RouteSums, more: RouteSums): void {
  for (const figure of figures) sums[figure] += more[figure]
  for (const [outcome, count] of Object.entries(more.outcomes))
    sums.outcomes[outcome] = (sums.outcomes[outcome] ?? 0) + count
}
