// The runs of events as they lie on disk, for whoever looks back: read from outside, be the process there or not.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { EventConfig } from '../config/types.ts'

/** Wall clock, milliseconds. */
export interface PastRun {
  event: EventConfig
  site: string
  start: number
  end: number
}

/** Every run that is known, the latest first. Throws what node:sqlite throws of a broken file. */
export function runsIn(data: string): PastRun[] {
  const path = join(data, 'plan.sqlite')
  if (!existsSync(path)) return []
  const database = new DatabaseSync(path, { readOnly: true })
  try {
    const rows = database.prepare('SELECT event, site, start, "end" FROM runs ORDER BY start DESC').all()
    return rows.map(row => ({
      event: JSON.parse(String(row['event'])) as EventConfig,
      site: String(row['site']),
      start: Number(row['start']),
      end: Number(row['end']),
    }))
  } finally {
    database.close()
  }
}
