// How each route of the site answered: paths whose numbers and long identifiers differ are one route, so that a shop of ten
// thousand articles is told as one line. Bounded: further routes beyond the first 200 are counted together.

export interface RouteFigures {
  /** Method and path, `:id` for what differs: `GET /articles/:id`. */
  route: string
  /** Answered, well or not, and lost views. */
  answered: number
  lost: number
  /** From the last sending of a request to the end of its answer. */
  meanMs: number
  p95Ms: number
}

/** 200 routes × 60 buckets of 8 bytes are 100 KiB. */
const MOST_ROUTES = 200
const OTHERS = 'all other routes'

/** Buckets of a third of an octave from 0.1 ms on: 60 of them reach beyond 100 s, each 26% wide. */
const BUCKETS = 60
const PER_OCTAVE = 3
const LEAST_MS = 0.1

/** What one worker counts of a route; plain data, so that it crosses threads. */
export interface RouteCounts {
  answered: number
  lost: number
  sumMs: number
  buckets: number[]
}

/** Numbers, UUIDs and other long names made by a machine are what differs; a query is left out but for its names. */
export function routeOf(method: string, target: string): string {
  const [path = '/', query] = target.split('?', 2)
  const parts = path.split('/').map(part => (/^\d+$|^[0-9a-f]{8,}$|^[0-9a-f-]{36}$/i.test(part) ? ':id' : part))
  const names = query === undefined ? '' : `?${query.split('&').map(pair => pair.split('=')[0]).join('&')}` // prettier-ignore
  return `${method} ${parts.join('/')}${names}`
}

export class Routes {
  readonly #counts = new Map<string, RouteCounts>()
  /** Targets seen before, so that each is taken apart once. */
  readonly #known = new Map<string, RouteCounts>()

  answered(method: string, target: string, ms: number): void {
    const counts = this.#of(method, target)
    counts.answered++
    counts.sumMs += ms
    const bucket = ms <= LEAST_MS ? 0 : Math.ceil(Math.log2(ms / LEAST_MS) * PER_OCTAVE)
    counts.buckets[Math.min(BUCKETS - 1, bucket)]!++
  }

  lost(method: string, target: string): void {
    this.#of(method, target).lost++
  }

  get counts(): [string, RouteCounts][] {
    return [...this.#counts]
  }

  #of(method: string, target: string): RouteCounts {
    const known = this.#known.get(target)
    if (known !== undefined && method === 'GET') return known
    const route = routeOf(method, target)
    const name = this.#counts.has(route) || this.#counts.size < MOST_ROUTES ? route : OTHERS
    const counts = this.#counts.get(name) ?? { answered: 0, lost: 0, sumMs: 0, buckets: Array.from({ length: BUCKETS }, () => 0) } // prettier-ignore
    this.#counts.set(name, counts)
    if (method === 'GET' && this.#known.size < 10 * MOST_ROUTES) this.#known.set(target, counts)
    return counts
  }
}

/** Of all workers together, the slowest first. */
export function routeFigures(workers: readonly [string, RouteCounts][][]): RouteFigures[] {
  const sums = new Map<string, RouteCounts>()
  for (const [route, counts] of workers.flat()) {
    const sum = sums.get(route)
    sums.set(route, sum === undefined ? counts : merged(sum, counts))
  }
  const figures = [...sums].map(([route, { answered, lost, sumMs, buckets }]) => ({
    route,
    answered,
    lost,
    meanMs: answered === 0 ? 0 : Math.round((sumMs / answered) * 100) / 100,
    p95Ms: Math.round(percentile(buckets, answered, 0.95) * 10) / 10,
  }))
  return figures.toSorted((a, b) => b.p95Ms - a.p95Ms || b.lost - a.lost)
}

const merged = (one: RouteCounts, other: RouteCounts): RouteCounts => ({
  answered: one.answered + other.answered,
  lost: one.lost + other.lost,
  sumMs: one.sumMs + other.sumMs,
  buckets: one.buckets.map((count, i) => count + other.buckets[i]!),
})

/** The upper edge of the bucket. */
function percentile(buckets: readonly number[], total: number, share: number): number {
  let seen = 0
  const at = buckets.findIndex(count => (seen += count) >= total * share && total > 0)
  return at < 0 ? 0 : LEAST_MS * 2 ** (at / PER_OCTAVE)
}
