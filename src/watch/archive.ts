// The history on disk, so that it outlives the process: each second for a quarter of an hour, ten seconds for a day, a minute for
// 90 days, in one SQLite file of the data directory. What is older is deleted, so the file stays below some 40 MiB: 900 +
// 8,640 + 129,600 rows of about 200 bytes, and 10,000 alerts. Written every ten seconds at one go; a crash costs those.

import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { StatementSync } from 'node:sqlite'
import type { News } from './alerts/book.ts'
import { ArchiveReader, HISTORY_FILE, WRITE_EVERY, resolutions } from './archive-reader.ts'
import type { KeptAlert } from './archive-reader.ts'
import { columns } from './seconds.ts'
import type { Second } from './seconds.ts'
import { asOne, thinned } from './thinning.ts'

/** Points of one answer at most: more than a screen has pixels for. */
const MOST_POINTS = 2000
/** Alerts that are kept at most; each is some 200 bytes. */
const MOST_ALERTS = 10_000

const DEMAND = ['requests', 'lost', 'gone'] as const

export class Archive {
  readonly #database: DatabaseSync
  readonly #insert: StatementSync
  readonly #delete: StatementSync
  readonly #reader: ArchiveReader
  readonly #layout: number
  /** Seconds that are not written yet, and those of the minute that has begun. */
  #waiting: Second[] = []
  #minute: Second[] = []

  /** Throws what node:sqlite throws where the file cannot be written. One that is no database is set aside. */
  constructor(data: string) {
    this.#database = open(join(data, HISTORY_FILE))
    this.#insert = this.#database.prepare('INSERT OR REPLACE INTO history VALUES (?, ?, ?, ?)')
    this.#delete = this.#database.prepare('DELETE FROM history WHERE step = ? AND at < ?')
    this.#layout = this.#ownLayout()
    this.#endAlerts()
    this.#reader = new ArchiveReader(this.#database)
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

  /** From `from` to `to`, seconds since the epoch, as they were kept. */
  rows(from: number, to: number, now: number): Second[] {
    return this.#reader.span(from, to, now).rows
  }

  /** From `from` to `to`, seconds since the epoch, thinned to what a screen can show. */
  between(from: number, to: number, now: number): Second[] {
    const { step, rows } = this.#reader.span(from, to, now)
    return thinned(rows, Math.ceil((to - from) / step / MOST_POINTS) * step)
  }

  /** What came in the minutes between the two, that of now too as far as it has come; a second on average. */
  minutes(from: number, to: number): Pick<Second, (typeof DEMAND)[number]>[] {
    const begun = this.#minute[0]
    const now = begun !== undefined && begun.at! >= from && begun.at! <= to ? [asOne(begun.at!, this.#minute)] : []
    // A minute that has not ended counts for as long as it has lasted.
    const share = this.#minute.length / 60
    const scaled = now.map(row => ({
      requests: (row.requests ?? 0) * share,
      lost: (row.lost ?? 0) * share,
      gone: (row.gone ?? 0) * share,
    }))
    return [...this.#reader.minutes(from, to, DEMAND), ...scaled]
  }

  alerts(from: number, to: number): KeptAlert[] {
    return this.#reader.alerts(from, to)
  }

  /** Writes which alerts began and ended, at once: they are few. */
  keep({ fired, resolved }: News): void {
    const insert = this.#database.prepare('INSERT OR REPLACE INTO alerts VALUES (?, ?, ?, ?, ?)')
    for (const { name, severity, text, since, until } of [...fired, ...resolved])
      insert.run(since, name, severity, text, until)
    this.#database
      .prepare('DELETE FROM alerts WHERE since <= (SELECT since FROM alerts ORDER BY since DESC LIMIT 1 OFFSET ?)')
      .run(MOST_ALERTS)
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

  /** The number of the layout that this version writes. */
  #ownLayout(): number {
    const names = JSON.stringify(columns)
    this.#database.prepare('INSERT OR IGNORE INTO layouts (names) VALUES (?)').run(names)
    return Number(this.#database.prepare('SELECT id FROM layouts WHERE names = ?').get(names)!['id'])
  }

  /** What held when the process before this one ended is known until then, and not after. */
  #endAlerts(): void {
    this.#database.exec(
      'UPDATE alerts SET until = max(since, coalesce((SELECT max(at) * 1000 FROM history WHERE step = 1), since)) WHERE until IS NULL',
    )
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
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS alerts (
      since INTEGER, name TEXT, severity TEXT, text TEXT, until INTEGER, PRIMARY KEY (since, name)
    ) WITHOUT ROWID;`)
  return database
}
