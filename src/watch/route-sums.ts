// What each route cost, over all edges: the slow query of a site is the route with the most time of the origin, whatever a single
// request of it takes. Sums since the start by class, and by route over the last five to ten minutes.

import type { Clock } from '../base/clock.ts'
import type { RouteKind, RouteSums } from '../threads/messages.ts'

/** Milliseconds of one half of what is looked back on. */
const SPAN = 300_000
/** Routes that are told, the costliest first. */
const MOST_TOLD = 50
/** Routes that are kept of one span; edges tell 512 each and a site. 300 bytes each. */
const MOST_KEPT = 4096

export type KindSums = Pick<RouteSums, 'site' | 'outcomes' | 'bytes' | 'queuedMs' | 'originMs' | 'originRequests'> & {
  kind: RouteKind
}

const figures = ['bytes', 'queuedMs', 'originMs', 'originRequests'] as const

export class RouteLedger {
  readonly #clock: Clock
  readonly #kinds = new Map<string, RouteSums>()
  #now = new Map<string, RouteSums>()
  #before = new Map<string, RouteSums>()
  #turnedAt: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#turnedAt = clock.monotonic()
  }

  add(sums: readonly RouteSums[]): void {
    this.#turn()
    for (const each of sums) {
      into(this.#kinds, `${each.site} ${each.kind}`, each)
      if (this.#now.size < MOST_KEPT || this.#now.has(nameOf(each))) into(this.#now, nameOf(each), each)
    }
  }

  /** Since the start, by site and class. */
  get kinds(): KindSums[] {
    return [...this.#kinds.values()]
  }

  /** By total time of the origin, the costliest first. */
  get top(): { seconds: number; routes: (RouteSums & { requests: number })[] } {
    this.#turn()
    const all = new Map<string, RouteSums>()
    for (const map of [this.#before, this.#now]) for (const [name, sums] of map) into(all, name, sums)
    const routes = [...all.values()]
      .map(sums => ({ ...sums, requests: Object.values(sums.outcomes).reduce((sum, each) => sum + each, 0) }))
      .sort((a, b) => b.originMs - a.originMs || b.requests - a.requests)
    return { seconds: Math.round(this.#seconds), routes: routes.slice(0, MOST_TOLD) }
  }

  get #seconds(): number {
    return (this.#clock.monotonic() - this.#turnedAt + (this.#before.size > 0 ? SPAN : 0)) / 1000
  }

  #turn(): void {
    const now = this.#clock.monotonic()
    if (now - this.#turnedAt < SPAN) return
    this.#before = now - this.#turnedAt < 2 * SPAN ? this.#now : new Map()
    this.#now = new Map()
    this.#turnedAt = now
  }
}

const nameOf = ({ site, method, route }: RouteSums): string => `${site} ${method} ${route}`

function into(map: Map<string, RouteSums>, name: string, more: RouteSums): void {
  const sums = map.get(name)
  if (sums === undefined) {
    map.set(name, { ...more, outcomes: { ...more.outcomes } })
    return
  }
  for (const figure of figures) sums[figure] += more[figure]
  for (const [outcome, count] of Object.entries(more.outcomes))
    sums.outcomes[outcome] = (sums.outcomes[outcome] ?? 0) + count
}
