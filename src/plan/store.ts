// What is planned, on disk: events that people added, runs with their steps and undos, and how far each step is. SQLite with
// synchronous=FULL, so that what a commit holds outlives kill -9 and a power failure.

import { randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { EventConfig } from '../config/types.ts'
import type { Wanted } from './merge.ts'
import { dueTimes, isOver } from './task.ts'
import { Told } from './told.ts'
import type { State, Task } from './task.ts'

/** A person's event, in the words in which it came. */
export interface KeptEvent {
  name: string
  given: Record<string, unknown>
  revision: number
}

/** One time that an event takes place. It has a copy of the event: what is undone does not depend on a config. */
export interface Run {
  id: number
  event: EventConfig
  /** Of the occurrence, or of a person's start. */
  key: string
  site: string
  start: number
  end: number
  by: 'plan' | 'hand'
  /** It was stopped before its time. */
  stopped: boolean
  tasks: Task[]
}

/** Runs that are over are known for so long: longer than an event lasts, so that one that was stopped does not begin again. */
const KEPT_FOR = 40 * 86_400_000

export class PlanStore {
  /** Of this store alone, in keys of idempotency. */
  readonly id: string
  /** What other nodes are told of it. */
  readonly told: Told
  readonly #database: DatabaseSync

  /** `data` is the data directory; null for one in memory. Throws what node:sqlite throws. */
  constructor(data: string | null) {
    if (data !== null) mkdirSync(data, { recursive: true, mode: 0o700 })
    this.#database = new DatabaseSync(data === null ? ':memory:' : join(data, 'plan.sqlite'))
    this.#database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA busy_timeout = 2000;
      CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS events (name TEXT PRIMARY KEY, given TEXT, revision INTEGER) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS cancelled (name TEXT PRIMARY KEY, entry TEXT) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS runs (
        id INTEGER PRIMARY KEY, key TEXT UNIQUE, event TEXT, site TEXT, start INTEGER, "end" INTEGER, made TEXT, stopped INTEGER,
        over INTEGER DEFAULT 0);
      CREATE TABLE IF NOT EXISTS tasks (
        run INTEGER, n INTEGER, state TEXT, begun INTEGER, tries INTEGER, nextAt INTEGER, error TEXT, since INTEGER,
        PRIMARY KEY (run, n)) WITHOUT ROWID;`)
    this.told = new Told(this.#database)
    this.#database.prepare('INSERT OR IGNORE INTO facts VALUES (?, ?)').run('id', randomUUID())
    this.id = String(this.#database.prepare(`SELECT value FROM facts WHERE name = 'id'`).get()!['value'])
  }

  /** The mode that this plan commanded last for the site; null where it has commanded none. */
  commandedFor(site: string): Wanted | null {
    const row = this.#database.prepare('SELECT value FROM facts WHERE name = ?').get(`mode:${site}`)
    return row === undefined ? null : (JSON.parse(String(row['value'])) as Wanted)
  }

  keepCommanded(site: string, wanted: Wanted): void {
    this.#database.prepare('INSERT OR REPLACE INTO facts VALUES (?, ?)').run(`mode:${site}`, JSON.stringify(wanted))
  }

  /** Origins that were taken in for what this names, and have to go again. */
  joinedFor(held: string): string[] {
    const row = this.#database.prepare('SELECT value FROM facts WHERE name = ?').get(`joined:${held}`)
    return row === undefined ? [] : (JSON.parse(String(row['value'])) as string[])
  }

  keepJoined(held: string, urls: readonly string[]): void {
    this.#database.prepare('INSERT OR REPLACE INTO facts VALUES (?, ?)').run(`joined:${held}`, JSON.stringify(urls))
  }

  get events(): KeptEvent[] {
    return this.#database
      .prepare('SELECT * FROM events ORDER BY name')
      .all()
      .map(({ name, given, revision }) => ({
        name: String(name),
        given: JSON.parse(String(given)) as Record<string, unknown>,
        revision: Number(revision),
      }))
  }

  keepEvent({ name, given, revision }: KeptEvent): void {
    this.#database.prepare('INSERT OR REPLACE INTO events VALUES (?, ?, ?)').run(name, JSON.stringify(given), revision)
  }

  removeEvent(name: string): void {
    this.#database.prepare('DELETE FROM events WHERE name = ?').run(name)
  }

  /** Entries of the config that were cancelled by command, by name. */
  get cancelled(): Map<string, string> {
    const rows = this.#database.prepare('SELECT * FROM cancelled').all()
    return new Map(rows.map(({ name, entry }) => [String(name), String(entry)]))
  }

  keepCancelled(name: string, entry: string): void {
    this.#database.prepare('INSERT OR REPLACE INTO cancelled VALUES (?, ?)').run(name, entry)
  }

  /**
   * Writes a new run with all its steps and their undos. Undefined where there was one of this key already. `states`: how far others have
   * come with them.
   */
  addRun(run: Omit<Run, 'id' | 'tasks'>, now: number, states: readonly State[] = []): Run | undefined {
    const { key, event, site, start, end, by, stopped } = run
    return this.#atOnce(() => {
      const { changes, lastInsertRowid } = this.#database
        .prepare(
          'INSERT OR IGNORE INTO runs (key, event, site, start, "end", made, stopped) VALUES (?, ?, ?, ?, ?, ?, ?)',
        )
        .run(key, JSON.stringify(event), site, start, end, by, stopped ? 1 : 0)
      if (changes === 0) return undefined
      const id = Number(lastInsertRowid)
      const insert = this.#database.prepare(`INSERT INTO tasks VALUES (?, ?, ?, ?, 0, 0, NULL, ?)`)
      for (const n of event.steps.keys()) insert.run(id, n, states[n] ?? 'planned', states[n] === 'done' ? 1 : 0, now)
      return this.#read(this.#database.prepare('SELECT * FROM runs WHERE id = ?').get(id)!)
    })
  }

  /** Writes when it ends now, and whether that is before its time. */
  keepEnd({ id, end, stopped }: Run): void {
    this.#database.prepare('UPDATE runs SET "end" = ?, stopped = ? WHERE id = ?').run(end, stopped ? 1 : 0, id)
  }

  /** Writes how far tasks are, all or none. */
  keep(...tasks: Task[]): void {
    const update = this.#database.prepare(
      'UPDATE tasks SET state = ?, begun = ?, tries = ?, nextAt = ?, error = ?, since = ? WHERE run = ? AND n = ?',
    )
    this.#atOnce(() => {
      for (const { id, state, begun, tries, nextAt, error, since } of tasks)
        update.run(
          state,
          begun ? 1 : 0,
          tries,
          nextAt,
          error,
          since,
          ...(id.split('-').map(Number) as [number, number]),
        )
    })
  }

  /** Its steps are all over: it is told of for a while, and looked at no more. */
  close(run: Run, now: number): void {
    this.#atOnce(() => {
      this.#database.prepare('UPDATE runs SET over = 1 WHERE id = ?').run(run.id)
      const old = now - KEPT_FOR
      this.#database
        .prepare('DELETE FROM tasks WHERE run IN (SELECT id FROM runs WHERE over = 1 AND "end" < ?)')
        .run(old)
      this.#database.prepare('DELETE FROM runs WHERE over = 1 AND "end" < ?').run(old)
    })
  }

  /** Those that are not over, the oldest first. */
  get open(): Run[] {
    return this.#database
      .prepare('SELECT * FROM runs WHERE over = 0 ORDER BY id')
      .all()
      .map(row => this.#read(row))
  }

  /** The last that are over, the newest first. */
  past(most: number): Run[] {
    return this.#database
      .prepare('SELECT * FROM runs WHERE over = 1 ORDER BY id DESC LIMIT ?')
      .all(most)
      .map(row => this.#read(row))
  }

  /** Whether there is, or lately was, a run of this key. */
  knows(key: string): boolean {
    return this.#database.prepare('SELECT 1 FROM runs WHERE key = ?').get(key) !== undefined
  }

  end(): void {
    this.#database.close()
  }

  #read(row: Record<string, unknown>): Run {
    const event = JSON.parse(String(row['event'])) as EventConfig
    const [id, start, end] = [Number(row['id']), Number(row['start']), Number(row['end'])]
    const tasks = this.#database
      .prepare('SELECT * FROM tasks WHERE run = ? ORDER BY n')
      .all(id)
      .map(task => readTask(task, event, start, end))
    const by = row['made'] === 'hand' ? 'hand' : 'plan'
    return {
      id,
      event,
      key: String(row['key']),
      site: String(row['site']),
      start,
      end,
      by,
      stopped: row['stopped'] === 1,
      tasks,
    }
  }

  #atOnce<T>(act: () => T): T {
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      const result = act()
      this.#database.exec('COMMIT')
      return result
    } catch (error) {
      this.#database.exec('ROLLBACK')
      throw error
    }
  }
}

function readTask(row: Record<string, unknown>, event: EventConfig, start: number, end: number): Task {
  const step = event.steps[Number(row['n'])]!
  const error = row['error']
  return {
    id: `${Number(row['run'])}-${Number(row['n'])}`,
    step,
    ...dueTimes(step, start, end),
    state: row['state'] as State,
    begun: row['begun'] === 1,
    tries: Number(row['tries']),
    nextAt: Number(row['nextAt']),
    error: typeof error === 'string' ? error : null,
    since: Number(row['since']),
  }
}

export const isRunOver = (run: Run, now: number): boolean => now >= run.end && run.tasks.every(isOver)
