// Reads the history that lies on disk: for the dashboard from within the process, and for a report from outside, be the process
// there or not. SQLite lets one read while another writes.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { StatementSync } from 'node:sqlite'
import type { Alert } from './alerts/book.ts'
import { columns } from './seconds.ts'
import type { Column, Second } from './seconds.ts'

/** The history's file in the data directory. */
export const HISTORY_FILE = 'history.sqlite'

/** Seconds of one row, and seconds for which such rows are kept: the finest first. */
export const resolutions = [
  { step: 1, kept: 900 },
  { step: 10, kept: 86_400 },
  { step: 60, kept: 90 * 86_400 },
] as const

/** Seconds that are written at one go. */
export const WRITE_EVERY = 10

/** An alert as it is kept: without its advice. Wall clock, milliseconds. */
export type KeptAlert = Pick<Alert, 'severity' | 'text' | 'since' | 'until'> & { name: string }

/** What is known of a span: a row for each `step` seconds, the oldest first. */
export interface Span {
  step: number
  rows: Second[]
}

interface Kept {
  at: number
  layout: number
  figures: Uint8Array
}

/** Reads only, and waits for nobody. Undefined where no history is kept. Throws what node:sqlite throws of a broken file. */
export function readHistory<T>(data: string, read: (reader: ArchiveReader) => T): T | undefined {
  const path = join(data, HISTORY_FILE)
  if (!existsSync(path)) return undefined
  const database = new DatabaseSync(path, { readOnly: true })
  try {
    return read(new ArchiveReader(database))
  } finally {
    database.close()
  }
}

export class ArchiveReader {
  readonly #select: StatementSync
  readonly #selectAlerts: StatementSync | null
  /** The names of the figures of each layout: a version with other columns reads the rows of the one before. */
  readonly #layouts = new Map<number, Column[]>()

  constructor(database: DatabaseSync) {
    this.#select = database.prepare(
      'SELECT at, layout, figures FROM history WHERE step = ? AND at >= ? AND at <= ? ORDER BY at',
    )
    // A file of a version that kept no alerts may be read from outside before the next version has opened it.
    const hasAlerts = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'alerts'").get() !== undefined
    this.#selectAlerts = hasAlerts
      ? database.prepare(
          'SELECT name, severity, text, since, until FROM alerts WHERE since < ? AND (until IS NULL OR until > ?) ORDER BY since',
        )
      : null
    for (const row of database.prepare('SELECT id, names FROM layouts').all())
      this.#layouts.set(Number(row['id']), JSON.parse(String(row['names'])) as Column[])
  }

  /** From `from` to `to`, seconds since the epoch, in the finest resolution that reaches so far back from `now`. */
  span(from: number, to: number, now: number): Span {
    const { step } = resolutions.find(({ kept }) => from >= now - kept - WRITE_EVERY) ?? resolutions[2]
    const rows = this.#select.all(step, Math.floor(from), Math.floor(to)) as unknown as Kept[]
    return { step, rows: rows.map(row => this.#read(row)) }
  }

  /** Some columns of the minutes, whatever finer rows there are: 90 days are 129,600 of them, too many to be read whole at a start. */
  minutes<C extends Column>(from: number, to: number, names: readonly C[]): Pick<Second, C>[] {
    const rows = this.#select.all(60, Math.floor(from), Math.floor(to)) as unknown as Kept[]
    return rows.map(row => this.#pick(row, names))
  }

  /** Those that held at some time between `from` and `to`, seconds since the epoch, the oldest first. */
  alerts(from: number, to: number): KeptAlert[] {
    return (this.#selectAlerts?.all(to * 1000, from * 1000) ?? []) as unknown as KeptAlert[]
  }

  #pick<C extends Column>({ layout, figures }: Kept, names: readonly C[]): Pick<Second, C> {
    const kept = this.#layouts.get(layout) ?? []
    const numbers = new DataView(figures.buffer, figures.byteOffset, figures.byteLength)
    const values = names.map(name => {
      const i = kept.indexOf(name)
      const value = i < 0 ? Number.NaN : numbers.getFloat32(i * 4, true)
      return [name, Number.isNaN(value) ? null : value]
    })
    return Object.fromEntries(values) as Pick<Second, C>
  }

  #read({ at, layout, figures }: Kept): Second {
    const numbers = new Float32Array(figures.buffer.slice(figures.byteOffset, figures.byteOffset + figures.byteLength))
    const second = Object.fromEntries(columns.map(name => [name, null])) as Second
    for (const [i, name] of (this.#layouts.get(layout) ?? []).entries()) {
      const value = numbers[i]!
      if (name in second && !Number.isNaN(value)) second[name] = value
    }
    return { ...second, at }
  }
}
