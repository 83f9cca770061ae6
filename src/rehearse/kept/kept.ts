// Rehearsals as they are kept in the data directory, a file each: what was asked, what it was true of, what came of it, and
// the seconds of it, so that a later one can be compared.
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { replaceFile } from '../../base/whole-file.ts'
import type { LoadResult } from '../load.ts'
import type { WallReport } from '../wall/report.ts'
import type { Asked, Fingerprint } from './fingerprint.ts'

/** One second of the part that is compared: of the whole run, or of the held level where the wall was looked for. */
export interface KeptSecond {
  good: number
  lost: number
  /** Of the good answers, in ms from their planned time; 0 when there were none. */
  meanMs: number
}

export interface Kept {
  /** Its name: the moment it ended, such as 2026-11-21T20-15-00-123Z. */
  name: string
  target: string
  /** The command line it answers, in one order, so that the same question is known again. */
  question: string
  fingerprint: Fingerprint
  /** What the fingerprint was read from, so that it can be read again; not in those of earlier versions. */
  asked?: Asked
  seconds: KeptSecond[]
  load: LoadResult | null
  wall: WallReport | null
}

const FOLDER = 'rehearsals'
/** Some 20 KiB each; beyond it the oldest go. */
const MOST_KEPT = 500

/** Writes it whole or not at all. */
export function keepRun(data: string, run: Omit<Kept, 'name'>, now: number): Kept {
  const folder = join(data, FOLDER)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const kept = { name: new Date(now).toISOString().replaceAll(/[:.]/g, '-'), ...run }
  const file = join(folder, `${kept.name}.json`)
  replaceFile(file, JSON.stringify(kept), { mode: 0o600 })
  for (const name of namesIn(data).slice(0, -MOST_KEPT)) rmSync(join(folder, `${name}.json`))
  return kept
}

/** Names, the oldest first. */
export function namesIn(data: string): string[] {
  try {
    const files = readdirSync(join(data, FOLDER)).filter(file => file.endsWith('.json'))
    return files.map(file => file.slice(0, -'.json'.length)).toSorted()
  } catch {
    return []
  }
}

/** Undefined when it is not there or is not whole. */
export function readKept(data: string, name: string): Kept | undefined {
  try {
    return JSON.parse(readFileSync(join(data, FOLDER, `${name}.json`), 'utf8')) as Kept
  } catch {
    return undefined
  }
}

/** The latest valid answer to that question. */
export function latestOf(data: string, target: string, question: string): Kept | undefined {
  for (const name of namesIn(data).toReversed()) {
    const kept = readKept(data, name)
    const isValid = kept?.load?.valid ?? kept?.wall?.valid ?? false
    if (kept !== undefined && isValid && kept.target === target && kept.question === question) return kept
  }
  return undefined
}

/** One line about what came of it. */
export function inShort({ wall, load }: Pick<Kept, 'wall' | 'load'>): string {
  if (load !== null)
    return `${load.good} good and ${load.lost} lost views in ${Math.round(load.seconds)} s, p95 ${Math.round(load.latencyMs.p95)} ms.`
  if (wall?.wall)
    return `the wall is at ${wall.wall.ratePerSecond} arrivals a second, ${wall.culprit?.signal ?? 'for reasons not known'}.`
  return wall?.noWallUpTo ? `no wall up to ${wall.noWallUpTo} arrivals a second.` : 'no rate held.'
}
