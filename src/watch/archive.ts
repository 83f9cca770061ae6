// The history on disk, so that it outlives the process: each second for a quarter of an hour, ten seconds for a day, a minute for
// 90 days, in one SQLite file of the data directory. What is older is deleted, so the file stays below some 40 MiB: 900 +
// 8,640 + 129,600 rows of about 200 bytes. Written every ten seconds at one go; a crash costs those.

import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { StatementSync } from 'node:sqlite'
import { columns } from './seconds.ts'
import type { Column, Second } from './seconds.ts'

/** Seconds of one row, and seconds for which such rows are kept: the finest first. */
const resolutions = [
  { step: 1, kept: 900 },
  { step: 10, kept: 86_400 },
  { step: 60, kept: 90 * 86_400 },
] as const

/** Points of one answer at most: more than a screen has pixels for. */
const MOST_POINTS = 2000
const WRITE_EVERY = 10

export type Columns = Record<Column, (number | null)[]>

/** Of several seconds the worst is kept; of all that is not here, the mean. */
const worst: Partial<Record<Column, 'max' | 'min'>> = {
  p95: 'max',
  p99: 'max',
  originP95: 'max',
  inFlight: 'max',
  waiting: 'max',
  connections: 'max',
  streams: 'max',
  restarts: 'max',
  loopDelay: 'max',
  visitors: 'max',
  visitors5: 'max',
  apdex: 'min',
}

/** Several seconds as one, which begins at `at`. What none of them tells is null. */
function asOne(at: number, seconds: readonly Second[]): Second {
  const one = Object.fromEntries(columns.map(name => [name, together(name, seconds)])) as Second
  return { ...one, at }
}

function together(name: Column, seconds: readonly Second[]): number | null {
  const known = seconds.flatMap(second => second[name] ?? [])
  if (known.length === 0) return null
  const of = worst[name]
  if (of !== undefined) return known.reduce((a, b) => Math[of](a, b))
  return known.reduce((sum, value) => sum + value, 0) / known.length
}

interface Kept {
  at: number
  layout: number
  figures: Uint8Array
}

export class Archive {
  readonly #database: DatabaseSync
  readonly #insert: StatementSync
  readonly #select: StatementSync
  readonly #delete: StatementSync
  /** The names of the figures of each layout: a version with other columns reads the rows of the one before. */
  readonly #layouts = new Map<number, Column[]>()
  readonly #layout: number
  /** Seconds that are not written yet, and those of the minute that has begun. */
  #waiting: Second[] = []
  #minute: Second[] = []

  /** Throws what node:sqlite throws where the file cannot be written. One that is no database is set aside. */
  constructor(data: string) {
    this.#database = open(join(data, 'history.sqlite'))
    this.#insert = this.#database.prepare('INSERT OR REPLACE INTO history VALUES (?, ?, ?, ?)')
    this.#select = this.#database.prepare(
      'SELECT at, layout, figures FROM history WHERE step = ? AND at >= ? AND at <= ? ORDER BY at',
    )
    this.#delete = this.#database.prepare('DELETE FROM history WHERE step = ? AND at < ?')
    this.#layout = this.#learnLayouts()
  }

  add(second: Second): void {
    this.#waiting.push(second)
    if (this.#waiting.length >= WRITE_EVERY) this.flush()
  }

  /** Writes what waits. */
  flush(): void {
    const seconds = this.#waiting
    const [first] = seconds
    if (first === undefined) return
    this.#waiting = []
    this.#database.exec('BEGIN')
    try {
      for (const second of seconds) this.#write(1, second)
      this.#write(10, asOne(Math.floor(first.at! / 10) * 10, seconds))
      for (const second of seconds) this.#toMinute(second)
      for (const { step, kept } of resolutions) this.#delete.run(step, Math.floor(seconds.at(-1)!.at!) - kept)
      this.#database.exec('COMMIT')
    } catch (error) {
      this.#database.exec('ROLLBACK')
      throw error
    }
  }

  /** From `from` to `to`, seconds since the epoch, in the finest resolution that reaches so far back from `now`. */
  between(from: number, to: number, now: number): Second[] {
    const found = resolutions.find(({ kept }) => from >= now - kept - WRITE_EVERY) ?? resolutions[2]
    const rows = (this.#select.all(found.step, Math.floor(from), Math.floor(to)) as unknown as Kept[]).map(row =>
      this.#read(row),
    )
    return thinned(rows, Math.ceil((to - from) / found.step / MOST_POINTS) * found.step)
  }

  close(): void {
    this.flush()
    const [begun] = this.#minute
    if (begun !== undefined) this.#write(60, asOne(Math.floor(begun.at! / 60) * 60, this.#minute))
    this.#database.close()
  }

  #toMinute(second: Second): void {
    const begun = this.#minute[0]
    if (begun !== undefined && Math.floor(begun.at! / 60) !== Math.floor(second.at! / 60)) {
      this.#write(60, asOne(Math.floor(begun.at! / 60) * 60, this.#minute))
      this.#minute = []
    }
    this.#minute.push(second)
  }

  #write(step: number, second: Second): void {
    const figures = Float32Array.from(columns, name => second[name] ?? NaN)
    this.#insert.run(step, Math.floor(second.at!), this.#layout, new Uint8Array(figures.buffer))
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

  /** The number of the layout that this version writes. */
  #learnLayouts(): number {
    const names = JSON.stringify(columns)
    this.#database.prepare('INSERT OR IGNORE INTO layouts (names) VALUES (?)').run(names)
    let own = 0
    for (const row of this.#database.prepare('SELECT id, names FROM layouts').all()) {
      this.#layouts.set(Number(row['id']), JSON.parse(String(row['names'])) as Column[])
      if (row['names'] === names) own = Number(row['id'])
    }
    return own
  }
}

function open(path: string): DatabaseSync {
  try {
    return prepared(path)
  } catch (error) {
    // SQLITE_CORRUPT and SQLITE_NOTADB.
    const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined
    if (code !== 11 && code !== 26) throw error
    renameSync(path, `${path}.broken`)
    return prepared(path)
  }
}

function prepared(path: string): DatabaseSync {
  const database = new DatabaseSync(path)
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    CREATE TABLE IF NOT EXISTS layouts (id INTEGER PRIMARY KEY, names TEXT UNIQUE);
    CREATE TABLE IF NOT EXISTS history (
      step INTEGER, at INTEGER, layout INTEGER, figures BLOB, PRIMARY KEY (step, at)
    ) WITHOUT ROWID;`)
  return database
}

/** One for each `step` seconds. */
function thinned(seconds: Second[], step: number): Second[] {
  const groups = Map.groupBy(seconds, ({ at }) => Math.floor(at! / step) * step)
  return [...groups].map(([at, group]) => (group.length === 1 ? group[0]! : asOne(at, group)))
}

const DIGITS = 1000

export const inColumns = (seconds: readonly Second[]): Columns =>
  Object.fromEntries(
    columns.map(name => [
      name,
      seconds.map(second => {
        const value = second[name]
        return value === null ? null : Math.round(value * DIGITS) / DIGITS
      }),
    ]),
  ) as Columns
