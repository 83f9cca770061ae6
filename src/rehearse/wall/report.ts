// What a search for the wall says to people and programs. Pure.
import { type Journey, meanOfAll } from '../journey/journey.ts'
import { suspectsOf } from './culprit.ts'
import { isGeneratorsFault, type Level } from './level.ts'
import type { SlowQuery } from '../sources/source.ts'
import type { RouteFigures } from '../routes.ts'
import type { Slo } from './slo.ts'
import type { Suspect } from './suspect.ts'
import { fitUsl, type UslFit } from './usl.ts'
import type { Seen } from './wall.ts'

export interface WallReport {
  /** False when it says nothing about the site; `faults` says why. */
  valid: boolean
  faults: string[]
  target: string
  slo: Slo
  process: string
  seed: number
  /** Arrivals per second that held, and between what and what the wall lies; null when none held or none failed. */
  wall: {
    ratePerSecond: number
    interval: [number, number]
    heldSeconds: number
    visitors: number
    thinkSeconds: number
  } | null
  /** The highest rate that held when none failed: the wall, if any, is higher. */
  noWallUpTo: number | null
  /** Where throughput over response time is highest (Kleinrock's power): from there on waiting grows faster than what is done. */
  knee: { ratePerSecond: number; p50Ms: number } | null
  /** At one and a half times the wall. Collapse: less than three quarters of what it does at the wall. */
  beyond: { ratePerSecond: number; goodPerSecond: number; behaviour: 'bends' | 'collapses' } | null
  /** Seconds from the end of that until the site was itself again; null when it was not seen. */
  recoverySeconds: number | null
  usl: UslFit | null
  /** What broke first; null when it is not known. */
  culprit: Suspect | null
  /** Whatever else was full by then, in the order in which it was. */
  alsoFull: Suspect[]
  /** What ended the search where the site held: the generator, which can do no more. */
  limitedBy: { signal: 'generator'; evidence: string } | null
  /** At the level that missed by most, or the highest: the slowest first. */
  slowestRoutes: RouteFigures[]
  /** Of each database that was looked at. */
  slowestQueries: SlowQueries[]
  levels: LevelReport[]
  notes: string[]
}

export interface SlowQueries {
  source: string
  queries: SlowQuery[]
}

interface LevelReport {
  stage: string
  ratePerSecond: number
  seconds: number
  goodPerSecond: number
  p50Ms: number
  p95Ms: number
  lost: number
  miss: string | null
  ownCpu: number
}

/** Without journeys: a visitor opens a page each ten seconds. */
const THINK_SECONDS = 10

export function wallReport(
  target: string,
  slo: Slo,
  seed: number,
  journeys: readonly Journey[],
  seen: Seen,
  queries: SlowQueries[] = [],
): WallReport {
  const { search, beyond, cut, gone } = seen
  // What could not be played says nothing about the site.
  const levels = seen.levels.filter(level => level.result.valid || !isGeneratorsFault(level))
  const [low, high] = search.interval
  const suspects = high === Infinity ? [] : suspectsOf(levels, low || high)
  const walled = low > 0 && high < Infinity
  const decisive = levels.filter(level => level.stage !== 'baseline' && level.stage !== 'beyond')
  const faults = [
    ...(cut === undefined ? [] : [cut]),
    ...(low === 0 && cut === undefined ? [gone ?? 'no rate kept the SLO, however low'] : []),
  ]
  return {
    valid: cut === undefined,
    faults,
    target,
    slo,
    process: 'poisson',
    seed,
    wall: walled
      ? { ratePerSecond: round(low), interval: [round(low), round(high)], ...heldBy(levels, low, journeys) }
      : null,
    noWallUpTo: low > 0 && high === Infinity ? round(low) : null,
    knee: kneeOf(levels),
    beyond: beyond === undefined ? null : beyondOf(beyond, throughputOf(heldAt(levels, low))),
    recoverySeconds: seen.recoverySeconds === undefined ? null : round(seen.recoverySeconds),
    usl: fitUsl(decisive.map(pointOf), seed) ?? null,
    culprit: suspects[0] ?? null,
    alsoFull: suspects.slice(1),
    limitedBy: seen.ceiling === undefined || high < Infinity ? null : { signal: 'generator', evidence: seen.ceiling },
    slowestRoutes: slowestOf(levels),
    slowestQueries: queries,
    levels: levels.map(levelReport),
    notes: [...(low > 0 && gone !== undefined ? [gone] : []), ...notesOf(levels)],
  }
}

const notesOf = (levels: readonly Level[]): string[] =>
  [...new Set(levels.flatMap(level => level.result.notes))].slice(0, 5)

const MOST_SLOW_ROUTES = 10

function slowestOf(levels: readonly Level[]): RouteFigures[] {
  const missed = levels.filter(level => level.miss !== undefined)
  const level = (missed.length > 0 ? missed : levels).toSorted((a, b) => a.rate - b.rate).at(-1)
  return level?.result.routes.slice(0, MOST_SLOW_ROUTES) ?? []
}

const heldAt = (levels: readonly Level[], rate: number): Level =>
  levels.findLast(each => each.stage === 'holding' && each.rate === rate)!

function heldBy(
  levels: readonly Level[],
  rate: number,
  journeys: readonly Journey[],
): { heldSeconds: number; visitors: number; thinkSeconds: number } {
  const level = heldAt(levels, rate)
  const mean = meanOfAll(journeys)
  const think = journeys.length === 0 ? THINK_SECONDS : mean.thinkMs / 1000
  const requests = journeys.length === 0 ? 1 : mean.requests
  // Little's law: so many are on the site at a time, each for as long as they wait and think.
  const visitors = Math.round(rate * (think + (requests * level.result.latencyMs.mean) / 1000))
  return { heldSeconds: level.seconds, visitors, thinkSeconds: round(think) }
}

function kneeOf(levels: readonly Level[]): WallReport['knee'] {
  const power = levels.filter(each => each.stage !== 'baseline' && each.result.good > 0).map(level => ({ level, power: throughputOf(level) / level.result.latencyMs.mean })) // prettier-ignore
  const best = power.toSorted((a, b) => b.power - a.power)[0]?.level
  return best === undefined ? null : { ratePerSecond: round(best.rate), p50Ms: round(best.result.latencyMs.p50) }
}

/** `usual`: good answers per second at the wall. */
function beyondOf(level: Level, usual: number): NonNullable<WallReport['beyond']> {
  // The first third still fills the queue; what comes after the schedule is the rest of it.
  const settled = level.bySecond.filter(each => each.second > level.seconds / 3 && each.second <= level.seconds)
  const good = settled.reduce((sum, each) => sum + each.good, 0) / Math.max(1, settled.length)
  return { ratePerSecond: round(level.rate), goodPerSecond: round(good), behaviour: good < usual * COLLAPSED ? 'collapses' : 'bends' } // prettier-ignore
}

/** A site that bends goes on doing what it did; one that does so much less spends itself on the crowd. */
const COLLAPSED = 0.75

/** Good answers per second while visitors came. */
function throughputOf({ bySecond, seconds }: Level): number {
  const during = bySecond.filter(each => each.second <= seconds)
  return during.reduce((sum, each) => sum + each.good, 0) / Math.max(1, during.length)
}

const pointOf = (level: Level): { throughput: number; inFlight: number } => ({ throughput: throughputOf(level), inFlight: (throughputOf(level) * level.result.latencyMs.mean) / 1000 }) // prettier-ignore

const levelReport = (level: Level): LevelReport => ({
  stage: level.stage,
  ratePerSecond: round(level.rate),
  seconds: round(level.result.seconds),
  goodPerSecond: round(throughputOf(level)),
  p50Ms: round(level.result.latencyMs.p50),
  p95Ms: round(level.result.latencyMs.p95),
  lost: level.result.lost,
  miss: level.miss ?? null,
  ownCpu: round(level.result.ownCpu),
})

const round = (value: number): number => Math.round(value * 100) / 100
