// The site's database: who was in which breach, by the hash of the address. Nobody looked for ten years at how a page of
// hashes is found: by the first two digits of a column that has no index for it, so that each look reads every row.
import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** Sized so that one look costs some 15 ms of CPU: 65 a second on one core. Measured in README.md. */
const ACCOUNTS = 240_000

export const BREACHES = ['Aldermail', 'Bookbarn', 'Cloudhaus', 'Dice & Co', 'Eventide', 'Fotofold', 'Gamewell', 'Hotelia', 'Inkpost', 'Jobmarkt'] // prettier-ignore

/** Opens the database in `folder`, which is made and filled when there is none (takes about a second). */
export function openDatabase(folder: string): DatabaseSync {
  mkdirSync(folder, { recursive: true })
  const database = new DatabaseSync(join(folder, 'breaches.db'))
  database.exec('PRAGMA journal_mode = WAL')
  const empty = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'account'").get() === undefined
  if (empty) fill(database)
  return database
}

function fill(database: DatabaseSync): void {
  database.exec('CREATE TABLE account (id INTEGER PRIMARY KEY, hash TEXT NOT NULL, breach INTEGER NOT NULL); BEGIN')
  const insert = database.prepare('INSERT INTO account (hash, breach) VALUES (?, ?)')
  for (let i = 0; i < ACCOUNTS; i++) {
    const hash = createHash('sha1').update(`somebody${i}@mail.example`).digest('hex')
    insert.run(hash, i % BREACHES.length)
  }
  database.exec('COMMIT')
}

/** One account of a page of hashes: what follows the first two digits, and how many breaches it is in. */
export interface Found {
  rest: string
  breaches: number
}

/** All accounts whose hash begins with the two hex digits. */
export function lookUp(database: DatabaseSync, prefix: string): Found[] {
  const rows = database
    .prepare(
      'SELECT substr(hash, 3) AS rest, count(*) AS breaches FROM account WHERE substr(hash, 1, 2) = ? GROUP BY hash',
    )
    .all(prefix)
  return rows as unknown as Found[]
}
