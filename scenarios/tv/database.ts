// The site's database: who was in which breach, by the hash of the address. Nobody looked for ten years at how a page of
// hashes is found: by the first two digits of a column that has no index for it, so that each look reads every row.
import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** Microseconds of CPU that one look is to cost: 80 a second on one core, where the story brings 144. Rows are added until it does, as many as that takes here. */
const LOOK_US = 12_000
/** Accounts that are added before each measurement, and the most there are. */
const [MORE, MOST] = [20_000, 240_000]
/** Looks of a measurement, of which the one in the middle counts. */
const LOOKS = ['a0', 'a1', 'a2', 'a3', 'a4']

export const BREACHES = ['Aldermail', 'Bookbarn', 'Cloudhaus', 'Dice & Co', 'Eventide', 'Fotofold', 'Gamewell', 'Hotelia', 'Inkpost', 'Jobmarkt'] // prettier-ignore

/** Opens the database in `folder`, which is made, measured and filled when there is none (takes about a second). */
export function openDatabase(folder: string): DatabaseSync {
  mkdirSync(folder, { recursive: true })
  const database = new DatabaseSync(join(folder, 'breaches.db'))
  database.exec('PRAGMA journal_mode = WAL')
  const empty = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'account'").get() === undefined
  if (empty) fill(database)
  return database
}

function fill(database: DatabaseSync): void {
  database.exec('CREATE TABLE account (id INTEGER PRIMARY KEY, hash TEXT NOT NULL, breach INTEGER NOT NULL)')
  for (let accounts = 0, cost = 0; accounts < MOST && cost < LOOK_US; accounts += MORE) {
    add(database, accounts, accounts + MORE)
    cost = LOOKS.map(prefix => costOfLook(database, prefix)).toSorted((a, b) => a - b)[LOOKS.length >> 1]!
  }
}

/** Microseconds of this thread. */
function costOfLook(database: DatabaseSync, prefix: string): number {
  const before = process.threadCpuUsage()
  lookUp(database, prefix)
  const { user, system } = process.threadCpuUsage(before)
  return user + system
}

function add(database: DatabaseSync, from: number, to: number): void {
  const insert = database.prepare('INSERT INTO account (hash, breach) VALUES (?, ?)')
  database.exec('BEGIN')
  for (let i = from; i < to; i++) {
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
