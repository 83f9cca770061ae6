// What is kept of each second, as one table of columns: the dashboard's charts, /api/history and /api/live are made from it,
// so a number that is not here cannot be drawn.

import { EdgeWord } from '../board/board.ts'
import { outcomes } from '../board/counters.ts'
import type { CounterName } from '../board/counters.ts'
import { summarize } from './latencies.ts'
import { LOST } from './accounts.ts'
import { apdexOf } from './audience.ts'
import { originsOf } from './stats.ts'
import type { Sources } from './stats.ts'

/**
 * Rates are per second, latencies milliseconds over the last ten seconds, sizes bytes. Null is what cannot be told: a
 * percentile of nothing, the store of a core that has not spoken yet.
 */
export const columns = [
  /** Seconds since the epoch. */
  'at',
  ...outcomes,
  'requests',
  'lost',
  /** As visitors saw it, both lanes together. */
  'p50',
  'p95',
  'p99',
  /** First bytes of the origin servers. */
  'originP50',
  'originP95',
  'inFlight',
  'limit',
  'waiting',
  'bytesIn',
  'bytesOut',
  'bytesOrigin',
  'originRequests',
  'connections',
  'streams',
  'storeBytes',
  'storeSize',
  'restarts',
  /** The worst edge's event loop, milliseconds. */
  'loopDelay',
  'bytesSaved',
  /** Distinct, of the last minute and of the last five. */
  'visitors',
  'visitors5',
  /** Of all sites together, over the last half minute. */
  'apdex',
  /** Collected forms that wait, and that were delivered so far. */
  'journal',
  'delivered',
  /** For a place at the origin, of the last ten seconds. */
  'queueP95',
] as const

export type Column = (typeof columns)[number]
export type Second = Record<Column, number | null>

/** The second that has just been sampled. */
export function secondOf(sources: Sources): Second {
  return {
    at: sources.clock.now() / 1000,
    ...requestsOf(sources),
    ...latenciesOf(sources),
    ...originLoad(sources),
    ...processLoad(sources),
    visitors: sources.audience.visitors.minute,
    visitors5: sources.audience.visitors.five,
    apdex: apdexOf(sources.audience.recent()),
    journal: sources.forms.status?.waiting ?? null,
    delivered: sources.forms.status?.forms.delivered ?? null,
    queueP95: summarize(sources.sampler.recentDurations('queue')).p95,
  }
}

function requestsOf({ sampler }: Sources) {
  const rate = (names: readonly CounterName[]) => names.reduce((sum, name) => sum + sampler.rate(name), 0)
  const byOutcome = Object.fromEntries(outcomes.map(name => [name, sampler.rate(name)]))
  return {
    ...(byOutcome as Record<(typeof outcomes)[number], number>),
    requests: rate(outcomes),
    lost: rate(LOST),
    bytesIn: sampler.rate('bytesIn'),
    bytesOut: sampler.rate('bytesOut'),
    bytesOrigin: sampler.rate('bytesOrigin'),
    bytesSaved: sampler.rate('bytesSaved'),
    originRequests: sampler.rate('originRequests'),
    connections: sampler.total('connections'),
    streams: sampler.total('streams'),
  }
}

function latenciesOf({ sampler }: Sources) {
  const slow = sampler.recentDurations('slowLane')
  const { p50, p95, p99 } = summarize(sampler.recentDurations('fastLane').map((count, i) => count + slow[i]!))
  const origin = summarize(sampler.recentDurations('originFirstByte'))
  return { p50, p95, p99, originP50: origin.p50, originP95: origin.p95 }
}

function originLoad(sources: Sources) {
  const origins = originsOf(sources)
  const sum = (each: (origin: (typeof origins)[number]) => number) => origins.reduce((all, row) => all + each(row), 0)
  // Whoever waits, waits for a site and stands with each of its origins; core knows how many they are.
  const waiting = sources.core.status?.status.queued ?? null
  return { inFlight: sum(row => row.inFlight), limit: sum(row => row.limit), waiting }
}

function processLoad({ core, board, state }: Sources) {
  const store = core.status?.status.store
  const { threads } = state()
  const delays = threads.filter(row => row.role === 'edge').map(row => board.edge(row.slot)[EdgeWord.loopDelay]! / 1000)
  return {
    storeBytes: store?.bytesUsed ?? null,
    storeSize: store?.bytesTotal ?? null,
    restarts: threads.reduce((sum, row) => sum + row.restarts, 0),
    loopDelay: delays.length === 0 ? null : Math.max(...delays),
  }
}
