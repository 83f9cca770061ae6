// Thresholds of CI: `--threshold 'p95<500ms'` is kept by a rehearsal or it ends with exit code 1. Pure.
import { InvalidArgumentError } from 'commander'
import { nearest } from '../../base/nearest.ts'
import type { LoadResult } from '../../rehearse/load.ts'
import type { WallReport } from '../../rehearse/wall/report.ts'

export interface Threshold {
  text: string
  name: Name
  /** Whether the value has to lie below the bound; otherwise above. */
  below: boolean
  bound: number
}

/** A threshold and what came of it: null when the rehearsal has no such number, which keeps nothing. */
export interface Kept {
  threshold: string
  value: number | null
  kept: boolean
}

/** Each with where it is found: in a crowd that was asked for, and in the search for the wall. */
const NAMES = {
  p50: { load: each => each.latencyMs.p50 },
  p95: { load: each => each.latencyMs.p95 },
  p99: { load: each => each.latencyMs.p99 },
  mean: { load: each => each.latencyMs.mean },
  lost: { load: each => each.lost / Math.max(1, each.good + each.lost) },
  apdex: { load: each => each.apdex },
  wall: { wall: each => each.wall?.ratePerSecond ?? each.noWallUpTo },
  visitors: { load: each => each.visitors, wall: each => each.wall?.visitors ?? null },
  knee: { wall: each => each.knee?.ratePerSecond ?? null },
  recovery: { wall: each => each.recoverySeconds },
} satisfies Record<string, { load?: (load: LoadResult) => number; wall?: (wall: WallReport) => number | null }>

type Name = keyof typeof NAMES

const THRESHOLD_USAGE = `${Object.keys(NAMES).join(', ')}, < or >, and a number such as 500ms, 2s, 0.1% or 80`

const UNITS: Record<string, number> = { '': 1, ms: 1, s: 1000, '%': 0.01 }

/** For commander: `p95<500ms`, `lost<0.1%`, `wall>80`. */
export function thresholdFrom(text: string, before: Threshold[]): Threshold[] {
  const [, name = '', sign, number = '', unit = ''] = /^\s*(\w+)\s*(<|>)=?\s*(\d+(?:\.\d+)?)\s*(ms|s|%)?\s*$/.exec(text) ?? [] // prettier-ignore
  if (!Object.hasOwn(NAMES, name)) {
    const near = nearest(name, Object.keys(NAMES))
    throw new InvalidArgumentError(`It must be ${THRESHOLD_USAGE}.${near === undefined ? '' : ` Did you mean ${near}?`}`) // prettier-ignore
  }
  // Recovery is told in seconds, every other time in milliseconds.
  const factor = name === 'recovery' && unit !== '%' ? (UNITS[unit || 's'] ?? 1) / 1000 : (UNITS[unit] ?? 1)
  return [...before, { text: text.trim(), name: name as Name, below: sign === '<', bound: Number(number) * factor }]
}

export function judged(
  thresholds: readonly Threshold[],
  { load, wall }: { load: LoadResult | null; wall: WallReport | null },
): Kept[] {
  // prettier-ignore
  return thresholds.map(({ text, name, below, bound }) => {
    const of: { load?: (load: LoadResult) => number; wall?: (wall: WallReport) => number | null } = NAMES[name]
    const value = (load !== null ? of.load?.(load) : wall !== null ? of.wall?.(wall) : null) ?? null
    return { threshold: text, value, kept: value !== null && (below ? value < bound : value > bound) }
  })
}

export const thresholdText = ({ threshold, value, kept }: Kept): string =>
  `${threshold}: ${kept ? 'kept' : 'not kept'} (${value === null ? 'nothing of the kind was measured' : Math.round(value * 10_000) / 10_000})`
