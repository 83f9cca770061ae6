// A rehearsal that goes on beside this process, for the dashboard: it writes how far it is into the data directory each second,
// and here that is read. A file, since whoever rehearses is another process and may know no token.
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../base/clock.ts'

/** The file's name in the data directory. */
export const REHEARSAL_FILE = 'rehearsal.json'

/** One second of it. */
export interface RehearsedSecond {
  /** Arrivals a second that were planned, those that came, and what became of the views that ended in it. */
  rate: number
  asked: number
  good: number
  lost: number
  p95Ms: number | null
}

/** How far a rehearsal is. */
export interface Progress {
  target: string
  /** Of all gauges that are read the fullest, 0 to 1; null where none tells anything. */
  fullest: { name: string; value: number } | null
  /** Which part of it goes on, in words, and seconds of that part. */
  stage: string
  second: number
  of: number
  /** The latest MOST_SECONDS, the oldest first. */
  seconds: RehearsedSecond[]
  /** What came of it, in a sentence; null while it goes on. */
  found: string | null
  /** Unix time in milliseconds at which this was written. */
  at: number
}

export const MOST_SECONDS = 120
/** It writes each second; silent for longer, it was ended from outside. */
const SILENT_MS = 10_000
/** What was found is shown for an hour. */
const SHOWN_MS = 3_600_000
/** 120 seconds of some 80 bytes, and a few names; a file that is larger is not one of ours. */
const MOST_BYTES = 64 * 1024

/** Null where none goes on and none has ended lately. */
export function rehearsalIn(data: string, clock: Clock): (Progress & { running: boolean }) | null {
  try {
    const file = join(data, REHEARSAL_FILE)
    if (statSync(file).size > MOST_BYTES) return null
    const told = JSON.parse(readFileSync(file, 'utf8')) as Progress
    const age = clock.now() - told.at
    if (typeof told.target !== 'string' || !Array.isArray(told.seconds) || !(age < SHOWN_MS)) return null
    return { ...told, running: told.found === null && age < SILENT_MS }
  } catch {
    return null // there is none, or it is being written
  }
}
