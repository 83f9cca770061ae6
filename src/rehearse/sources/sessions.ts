// What the sessions of a database tell, whichever database it is: how full its connections are, who waits for locks, and
// whether one query keeps them all busy. Pure.
import type { Sample, SlowQuery } from './source.ts'

/** One session that is at work. */
export interface Session {
  query: string
  /** Waits for another session's lock. */
  waitsForLock: boolean
  /** How long its query has run. */
  seconds: number
}

export interface Sessions {
  connections: number
  mostConnections: number
  active: readonly Session[]
}

/** Fewer sessions at work at once are a usual second. */
const MANY = 4
/** When so many of those at work wait for a lock, or run one query, it is what all wait for. */
const MOST = 0.7
const LONGEST_QUERY = 120

export function sessionSamples(of: string, { connections, mostConnections, active }: Sessions): Sample[] {
  const waiting = active.filter(each => each.waitsForLock)
  const running = active.filter(each => !each.waitsForLock)
  const [query, count] = mostRun(running)
  return [
    { signal: `connections of ${of}`, value: Math.min(1, connections / mostConnections), detail: `${connections} of the ${mostConnections} connections that ${of} may have were taken` },
    { signal: `locks in ${of}`, value: shareOf(waiting.length, active.length), detail: `${waiting.length} of ${active.length} sessions of ${of} that were at work waited for a lock, in: ${shortened(waiting[0]?.query ?? '')}` },
    { signal: `slow query in ${of}`, value: shareOf(count, active.length), detail: `${count} of ${active.length} sessions of ${of} that were at work ran one query: ${shortened(query)}` },
  ] // prettier-ignore
}

/** 1 when it is most of many. */
const shareOf = (part: number, all: number): number => (all < MANY ? 0 : Math.min(1, part / all / MOST))

/** By the text without its values. */
function mostRun(running: readonly Session[]): [query: string, count: number] {
  const counts = new Map<string, number>()
  for (const { query } of running) counts.set(shapeOf(query), (counts.get(shapeOf(query)) ?? 0) + 1)
  return [...counts].toSorted((a, b) => b[1] - a[1])[0] ?? ['', 0]
}

/** Without what differs from call to call: numbers and texts. */
export const shapeOf = (query: string): string =>
  query
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/'(?:[^']|'')*'|(?<![\w$])\d+(?:\.\d+)?/g, '?')
    .trim()

const shortened = (query: string): string =>
  query.length <= LONGEST_QUERY ? query : `${query.slice(0, LONGEST_QUERY)}…`

/** What a database counts for each query, since it was started. */
export interface QueryCounts {
  query: string
  calls: number
  totalMs: number
}

const MOST_QUERIES = 10

/** What was added since, the most first; texts without values. */
export function slowestSince(
  before: ReadonlyMap<string, QueryCounts>,
  now: ReadonlyMap<string, QueryCounts>,
): SlowQuery[] {
  // prettier-ignore
  const added = [...now].map(([id, { query, calls, totalMs }]) => {
    const was = before.get(id) ?? { calls: 0, totalMs: 0 }
    const [times, total] = [calls - was.calls, totalMs - was.totalMs]
    return { query: shortened(query.replaceAll(/\s+/g, ' ').trim()), calls: times, totalMs: total, meanMs: times > 0 ? total / times : 0 } // prettier-ignore
  })
  return added.filter(each => each.calls > 0).toSorted((a, b) => b.totalMs - a.totalMs).slice(0, MOST_QUERIES) // prettier-ignore
}

/** Without statistics of the database: what was seen at work each second, as if each had run from look to look. */
export class SeenQueries {
  readonly #seen = new Map<string, QueryCounts>()

  look(active: readonly Session[]): void {
    for (const { query, seconds } of active) {
      const shape = shapeOf(query)
      const { calls, totalMs } = this.#seen.get(shape) ?? { calls: 0, totalMs: 0 }
      if (this.#seen.size < MOST_SEEN || this.#seen.has(shape))
        this.#seen.set(shape, { query: shape, calls: calls + 1, totalMs: totalMs + Math.min(1, seconds) * 1000 })
    }
  }

  get slowest(): SlowQuery[] {
    return slowestSince(new Map(), this.#seen)
  }
}

/** 1000 texts of some 200 bytes. */
const MOST_SEEN = 1000
