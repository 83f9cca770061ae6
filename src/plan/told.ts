// What nodes of a cluster tell each other of the plan, on disk beside it: each event as it was commanded last, each run with its end, and
// whose each step is. So a node that was killed tells what it had not told yet, and all of them know everything when their server has
// forgotten it.

import type { DatabaseSync } from 'node:sqlite'

/** Under `event NAME`, `cancelled NAME` (of the config) or `run KEY`. Wall clock, milliseconds. */
export interface Word {
  name: string
  text: string
  /** When it was commanded, and from when on it may be forgotten; 0: never. */
  since: number
  ends: number
}

export interface KeptWord extends Word {
  /** It is to be said. */
  isUnsaid: boolean
  /** Some word of this name may have reached the server: another node may know of it. */
  isKnown: boolean
}

/** Whose a step is: a plan on disk (its id), at a node. */
export interface Mark {
  act: 'do' | 'undo'
  /** Key of the run, and the step's place in it. */
  step: string
  owner: string
  node: string
  state: 'begun' | 'failed' | 'ended'
}

/** As long as the server remembers steps: milliseconds. */
const MARKS_KEPT = 40 * 86_400_000

export class Told {
  readonly #database: DatabaseSync

  constructor(database: DatabaseSync) {
    this.#database = database
    database.exec(`
      CREATE TABLE IF NOT EXISTS words (
        name TEXT PRIMARY KEY, text TEXT, since INTEGER, ends INTEGER, unsaid INTEGER, known INTEGER) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS marks (
        act TEXT, step TEXT, owner TEXT, node TEXT, state TEXT, at INTEGER, unsaid INTEGER, PRIMARY KEY (step, act)) WITHOUT ROWID;`)
  }

  /** Grows whenever anything of the plan is written. */
  get changes(): number {
    return Number(this.#database.prepare('SELECT total_changes() AS n').get()!['n'])
  }

  get words(): KeptWord[] {
    return this.#database.prepare('SELECT * FROM words').all().map(readWord)
  }

  word(name: string): KeptWord | undefined {
    const row = this.#database.prepare('SELECT * FROM words WHERE name = ?').get(name)
    return row && readWord(row)
  }

  keep({ name, text, since, ends, isUnsaid, isKnown }: KeptWord): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO words VALUES (?, ?, ?, ?, ?, ?)')
      .run(name, text, since, ends, isUnsaid ? 1 : 0, isKnown ? 1 : 0)
  }

  mark(act: Mark['act'], step: string): Mark | undefined {
    const row = this.#database.prepare('SELECT * FROM marks WHERE act = ? AND step = ?').get(act, step)
    return row && readMark(row)
  }

  keepMark({ act, step, owner, node, state }: Mark, isUnsaid: boolean, now: number): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO marks VALUES (?, ?, ?, ?, ?, ?, ?)')
      .run(act, step, owner, node, state, now, isUnsaid ? 1 : 0)
  }

  unsaidMarks(most: number): Mark[] {
    return this.#database.prepare('SELECT * FROM marks WHERE unsaid = 1 LIMIT ?').all(most).map(readMark)
  }

  /** Whether another node may know of them. Returns those of which that was not said before. */
  sent<T extends Word>(words: readonly T[], isKnown: boolean): T[] {
    const known = isKnown ? 1 : 0
    const update = this.#database.prepare('UPDATE words SET known = ? WHERE name = ? AND known <> ?')
    return words.filter(({ name }) => update.run(known, name, known).changes > 0)
  }

  /** The server has heard these as they were. */
  said(words: readonly Word[], marks: readonly Mark[]): void {
    const word = this.#database.prepare('UPDATE words SET unsaid = 0 WHERE name = ? AND text = ?')
    for (const { name, text } of words) word.run(name, text)
    const mark = this.#database.prepare('UPDATE marks SET unsaid = 0 WHERE act = ? AND step = ? AND state = ?')
    for (const { act, step, state } of marks) mark.run(act, step, state)
  }

  /** A server that may know nothing is to hear everything. */
  sayAllAnew(): void {
    this.#database.exec('UPDATE words SET unsaid = 1; UPDATE marks SET unsaid = 1')
  }

  forgetOld(now: number): void {
    this.#database.prepare('DELETE FROM words WHERE ends > 0 AND ends < ?').run(now)
    this.#database.prepare('DELETE FROM marks WHERE at < ?').run(now - MARKS_KEPT)
  }
}

type Row = Record<string, unknown>

const readWord = ({ name, text, since, ends, unsaid, known }: Row): KeptWord => ({
  ...{ name: String(name), text: String(text), since: Number(since), ends: Number(ends) },
  ...{ isUnsaid: unsaid === 1, isKnown: known === 1 },
})

const readMark = ({ act, step, owner, node, state }: Row): Mark => ({
  act: act === 'do' ? 'do' : 'undo',
  ...{ step: String(step), owner: String(owner), node: String(node) },
  state: state === 'failed' || state === 'ended' ? state : 'begun',
})
