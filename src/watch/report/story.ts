// What happened in a span, in figures: sums, highest and lowest, each with its moment. Pure. A sum is the mean of each row times its
// length, so a process that ended within a row of a minute makes it a little too high.

import type { KeptAlert, Span } from '../archive-reader.ts'
import type { Column, Second } from '../seconds.ts'

/** A value and when it was; seconds since the epoch. */
export interface Extreme {
  value: number
  at: number
}

/** Null is what is not known. Shares are from 0 to 1, latencies milliseconds, moments seconds since the epoch. */
export interface Story {
  from: number
  to: number
  /** Seconds of one row, and seconds of the span that anything is known of. */
  step: number
  known: number
  requests: number
  requestsPeak: Extreme | null
  /** Distinct visitors of five minutes, at most. */
  visitorsPeak: Extreme | null
  lost: number
  lostShare: number | null
  lostPeak: Extreme | null
  /** Answered without the origin, of all requests; and bytes of stored responses, of all that was sent. */
  offload: number | null
  offloadBytes: number | null
  bytesSent: number
  bytesSaved: number
  /** Over all requests; and the worst half minute. */
  apdex: number | null
  apdexLowest: Extreme | null
  p95Worst: Extreme | null
  originRequests: number
  originPeak: Extreme | null
  inFlightPeak: Extreme | null
  /** As it was last. */
  limit: number | null
  waitingPeak: Extreme | null
  turnedAway: number
  collected: number
  /** Delivered in the span, and still waiting at its end. */
  delivered: number
  waitingForms: number | null
  restarts: number
  alerts: KeptAlert[]
}

/** `from` and `to` in seconds since the epoch. */
export function storyOf(from: number, to: number, { step, rows }: Span, alerts: KeptAlert[]): Story {
  const sum = (...names: Column[]): number => names.reduce((all, name) => all + sumOf(rows, name), 0) * step
  const most = (name: Column): Extreme | null => extreme(rows, name, (a, b) => a > b)
  const requests = sum('requests')
  return {
    ...{ from, to, step, known: rows.length * step, alerts },
    ...{ requests, requestsPeak: most('requests'), visitorsPeak: most('visitors5') },
    ...{ lost: sum('lost'), lostShare: share(sum('lost'), requests), lostPeak: most('lost') },
    offload: share(sum('hit', 'stale', 'collapsed'), requests),
    offloadBytes: share(sum('bytesSaved'), sum('bytesOut')),
    ...{ bytesSent: sum('bytesOut'), bytesSaved: sum('bytesSaved') },
    ...{ apdex: meanApdex(rows), apdexLowest: extreme(rows, 'apdex', (a, b) => a < b), p95Worst: most('p95') },
    ...{ originRequests: sum('originRequests'), originPeak: most('originRequests'), inFlightPeak: most('inFlight') },
    limit: rows.findLast(row => row.limit !== null)?.limit ?? null,
    ...{ waitingPeak: most('waiting'), turnedAway: sum('shed', 'limited'), collected: sum('collected') },
    ...{
      delivered: grownBy(rows, 'delivered'),
      waitingForms: rows.findLast(row => row.journal !== null)?.journal ?? null,
    },
    restarts: grownBy(rows, 'restarts'),
  }
}

const share = (part: number, whole: number): number | null => (whole === 0 ? null : Math.min(1, part / whole))

const sumOf = (rows: readonly Second[], name: Column): number => rows.reduce((sum, row) => sum + (row[name] ?? 0), 0)

function extreme(rows: readonly Second[], name: Column, beats: (a: number, b: number) => boolean): Extreme | null {
  let found: Extreme | null = null
  for (const row of rows) {
    const value = row[name]
    if (value !== null && (found === null || beats(value, found.value))) found = { value, at: row.at! }
  }
  return found
}

/** Each row counts for as much as it had requests. */
function meanApdex(rows: readonly Second[]): number | null {
  const known = rows.filter(row => row.apdex !== null && (row.requests ?? 0) > 0)
  const weight = sumOf(known, 'requests')
  return weight === 0 ? null : known.reduce((sum, row) => sum + row.apdex! * row.requests!, 0) / weight
}

/** By how much a level has grown; where it falls, somebody has erased some, or a new process counts from nought. */
function grownBy(rows: readonly Second[], name: Column): number {
  const levels = rows.flatMap(row => row[name] ?? [])
  return levels.slice(1).reduce((sum, level, i) => sum + Math.max(0, level - levels[i]!), 0)
}
