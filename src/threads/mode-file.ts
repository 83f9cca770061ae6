// The modes that were commanded, as one process leaves them in the data directory for the next: watch writes the file at
// each change before the command is answered, the supervisor reads it before any thread starts.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { replaceFile } from '../base/whole-file.ts'
import { MODES } from '../config/modes.ts'
import type { Mode } from '../config/modes.ts'

const FILE = 'modes.json'

/** What was commanded for a site. Wall clock, milliseconds; `until` null: it does not end by itself. */
export interface KeptMode {
  site: string
  mode: Mode
  since: number
  until: number | null
}

/** Writes the whole file anew and syncs it: after a crash there is the old one or the new one. Throws what node:fs throws. */
export function keepModes(data: string, modes: readonly KeptMode[]): void {
  replaceFile(join(data, FILE), `${JSON.stringify(modes, null, 2)}\n`, { mode: 0o600, synced: true })
}

/** The modes kept there that still hold at `now`; none where there is no file. Throws where it cannot be read or understood. */
export function keptModes(data: string, now: number): KeptMode[] {
  const path = join(data, FILE)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
  const read: unknown = JSON.parse(text)
  if (!Array.isArray(read) || !read.every(isKept)) throw new Error(`${path} holds something else than modes`)
  return read.filter(({ until }) => until === null || until > now)
}

function isKept(value: unknown): value is KeptMode {
  if (typeof value !== 'object' || value === null) return false
  const { site, mode, since, until } = value as Record<string, unknown>
  return (
    typeof site === 'string' && MODES.some(each => each === mode) && isTime(since) && (until === null || isTime(until))
  )
}

const isTime = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value)
