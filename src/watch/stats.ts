// What /api/stats tells: one plain object made from the board, core's last status and the process's state.

import { sumOf } from './all-nodes.ts'
import type { Clock } from '../base/clock.ts'
import { EdgeWord, GlobalWord, bucketStart } from '../board/board.ts'
import type { Board } from '../board/board.ts'
import { counterNames, counters, outcomes } from '../board/counters.ts'
import type { Modes } from '../board/modes.ts'
import type { SiteConfig } from '../config/types.ts'
import type { OriginRow, ProcessState } from '../threads/messages.ts'
import { LOST, accountsOf } from './accounts.ts'
import { apdexOf } from './audience.ts'
import type { Audience } from './audience.ts'
import { classesOf } from './classes.ts'
import type { CoreLink } from './core-link.ts'
import type { Downstream } from './downstream.ts'
import type { FormsLink } from './forms-link.ts'
import type { Host } from './host.ts'
import { modesOf } from './modes.ts'
import { summarize } from './latencies.ts'
import { notReady } from './readiness.ts'
import type { BlockerLedger } from './blocker-sums.ts'
import type { ProofLedger } from './proof-sums.ts'
import type { RouteLedger } from './route-sums.ts'
import type { OriginFigures, Sampler } from './sampler.ts'
import { waitingRoomsOf } from './waiting-rooms.ts'
import type { DemandGauge } from './scale/gauge.ts'
import type { Spikes } from './spikes/spikes.ts'

/** Everything that the admin address shows is made from these. */
export interface Sources {
  board: Board
  sampler: Sampler
  audience: Audience
  core: CoreLink
  forms: FormsLink
  modes: Modes
  demand: Pick<DemandGauge, 'told'>
  /** Those that were entered by themselves. */
  spikes: Pick<Spikes, 'holds' | 'overrule'>
  routes: Pick<RouteLedger, 'kinds' | 'top' | 'rulesOf'>
  blockers: Pick<BlockerLedger, 'ranked'>
  proofs: Pick<ProofLedger, 'told'>
  /** Databases and whatever else stands behind the origins. */
  downstream: Pick<Downstream, 'stats'>
  host: Pick<Host, 'figures'>
  /** Bits a second that the line to visitors bears. */
  line: () => number | undefined
  clock: Clock
  state: () => ProcessState
  /** As the config in force has them. */
  sites: () => readonly SiteConfig[]
}

export type OriginStats = OriginRow & OriginFigures

/** Rates are per second over the last second; latencies are milliseconds over the last ten. */
export function statsOf(sources: Sources) {
  const { sampler, core, clock, board } = sources
  const state = sources.state()
  const status = core.status
  return {
    version: state.version,
    pid: state.pid,
    startedAt: new Date(state.startedAt).toISOString(),
    uptime: Math.round((clock.now() - state.startedAt) / 1000),
    phase: state.phase,
    notReady: reasonsOf(sources),
    sites: modesOf(sources),
    apdex: sources.sites().map(({ name }) => apdexStats(sources.audience, name)),
    visitors: sources.audience.visitors,
    listening: state.listening,
    secure: state.secure,
    notices: state.notices,
    requests: {
      total: totalOf(sampler, outcomes),
      perSecond: rateOf(sampler, outcomes),
      lost: { total: totalOf(sampler, LOST), perSecond: rateOf(sampler, LOST) },
      /** Of all, those that waited ten milliseconds or longer for a place at the origin. */
      queued: { total: queuedIn(sampler) },
      stored: storedShare(sampler),
    },
    accounts: accountsOf(name => sampler.total(name)),
    offload: offloadStats(sampler),
    counters: Object.fromEntries(counterNames.map(name => [name, counterStats(sampler, name)])),
    latencies: {
      window: 10,
      fastLane: summarize(sampler.recentDurations('fastLane')),
      slowLane: summarize(sampler.recentDurations('slowLane')),
      originFirstByte: summarize(sampler.recentDurations('originFirstByte')),
      queue: summarize(sampler.recentDurations('queue')),
    },
    origins: originsOf(sources),
    waitingRooms: waitingRoomsOf(sources),
    downstream: sources.downstream.stats,
    classes: classesOf(board, sources.sites(), status?.status.origins ?? []),
    store: status?.status.store ?? null,
    /** The store's copy on disk. */
    copy: status?.status.copy ?? null,
    /** The journal of collected forms; null where nothing is collected. */
    journal: sources.forms.status,
    /** How this node stands among others; null on a machine by itself. */
    cluster: status?.status.cluster ?? null,
    /** The sum over all nodes; null where this machine is by itself, or hears of no other. */
    allNodes: sumOf(status?.status.cluster),
    flights: status?.status.flights ?? null,
    queued: status?.status.queued ?? null,
    core: { tickAge: coreTickAge(sources) ?? null, statusAge: status === undefined ? null : status.age / 1000 },
    threads: state.threads,
    edges: edgesOf(board, state),
    /** Delays of the event loops of the other threads, milliseconds, the worst of the last second. */
    delays: delaysOf(board),
    config: state.config,
    host: sources.host.figures,
    line: lineStats(sources),
    memory: { rss: process.memoryUsage.rss() },
  }
}

export type Stats = ReturnType<typeof statsOf>

/** Why the process is not ready; empty when it is. */
export function reasonsOf(sources: Sources): string[] {
  return notReady({
    process: sources.state(),
    coreTickAge: coreTickAge(sources),
    status: sources.core.status?.status,
  })
}

/** Core's origins with the board's figures beside them. */
export function originsOf({ core, sampler }: Pick<Sources, 'core' | 'sampler'>): OriginStats[] {
  return (core.status?.status.origins ?? []).map(row => ({ ...row, ...sampler.origin(row.index) }))
}

/** What is sent, against what the line bears; null where nobody has said. */
/** How full the line to visitors is; null where nobody has said what it bears. */
export function lineStats({ sampler, line }: Pick<Sources, 'sampler' | 'line'>) {
  const capacity = line()
  if (capacity === undefined) return null
  const bits = sampler.rate('bytesOut') * 8
  return { bitsPerSecond: bits, capacity, share: bits / capacity }
}

function apdexStats(audience: Audience, site: string) {
  return { site, apdex: apdexOf(audience.recent(site)), answers: audience.total(site) }
}

/** Shares of requests and bytes that never reached the origin, since the start; null where there were none. */
export function offloadStats(sampler: Sampler) {
  const requests = totalOf(sampler, outcomes)
  const [sent, saved] = [sampler.total('bytesOut'), sampler.total('bytesSaved')]
  return {
    requests: requests === 0 ? null : totalOf(sampler, ['hit', 'stale', 'collapsed']) / requests,
    bytes: sent === 0 ? null : Math.min(1, saved / sent),
  }
}

/** Requests that had to wait, since the start. Core's own word takes less. */
export const queuedIn = (sampler: Sampler): number =>
  sampler.durations('queue').reduce((sum, times, bucket) => sum + (bucketStart(bucket) >= QUEUED_US ? times : 0), 0)

const QUEUED_US = 10_000

function coreTickAge({ board, clock }: Sources): number | undefined {
  const tick = Atomics.load(board.global, GlobalWord.coreTick)
  return tick === 0 ? undefined : Math.max(0, clock.now() / 1000 - tick)
}

function counterStats(sampler: Sampler, name: (typeof counterNames)[number]) {
  const { unit, kind } = counters[name]
  const total = sampler.total(name)
  return kind === 'gauge' ? { unit, now: total } : { unit, total, perSecond: sampler.rate(name) }
}

const delaysOf = ({ global }: Board) => ({
  core: Atomics.load(global, GlobalWord.coreDelay) / 1000,
  journal: Atomics.load(global, GlobalWord.journalDelay) / 1000,
  forms: Atomics.load(global, GlobalWord.formsDelay) / 1000,
  watch: Atomics.load(global, GlobalWord.watchDelay) / 1000,
})

function edgesOf(board: Board, { threads }: ProcessState) {
  return threads
    .filter(row => row.role === 'edge')
    .map(({ slot }) => {
      const row = board.edge(slot)
      return { slot, loopDelayMs: row[EdgeWord.loopDelay]! / 1000, heapKiB: row[EdgeWord.heap]! }
    })
}

const totalOf = (sampler: Sampler, names: readonly (typeof counterNames)[number][]): number =>
  names.reduce((sum, name) => sum + sampler.total(name), 0)

const rateOf = (sampler: Sampler, names: readonly (typeof counterNames)[number][]): number =>
  names.reduce((sum, name) => sum + sampler.rate(name), 0)

/** Share of the last second's requests that stored responses answered, 0 to 1; null when there were none. */
export function storedShare(sampler: Sampler): number | null {
  const all = rateOf(sampler, outcomes)
  return all === 0 ? null : rateOf(sampler, ['hit', 'stale', 'collapsed']) / all
}
