// The shop's database. Whoever comes is logged in as a guest, and each of the rows which that writes is a commit of its own
// that waits for the disk: on a usual day, with 2,000 visitors, nobody ever saw it. Disks differ a hundredfold in commits a
// second, so the shop writes as many rows as its disk needs for the story to be the same on each.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** Logins a second that the shop bears: the story's 250 visitors a second are eight times as many, so that it happens, too, where the disk was busy while it was measured. */
const BEARS = 30
/** The session, and that it began. On a disk with fewer than 60 commits a second the shop bears less than stated. */
const FEWEST_ROWS = 2
/** A second's measurement in windows, of which the quickest counts: what else the machine does can only slow one down. */
const WINDOWS = 5
const WINDOW_MS = 200

const SCHEMA = `
  CREATE TABLE session (id TEXT PRIMARY KEY, began INTEGER NOT NULL);
  CREATE TABLE login (id INTEGER PRIMARY KEY, session TEXT NOT NULL, at INTEGER NOT NULL);
  CREATE TABLE preorder (id INTEGER PRIMARY KEY, session TEXT NOT NULL, name TEXT NOT NULL, email TEXT NOT NULL, receipt TEXT UNIQUE);
  CREATE TABLE machine (commits_a_second INTEGER NOT NULL, rows_at_login INTEGER NOT NULL);
`

/** Opens the database in `folder`, which is made and measured when there is none (takes a second). */
export function openDatabase(folder: string): DatabaseSync {
  mkdirSync(folder, { recursive: true })
  const database = new DatabaseSync(join(folder, 'shop.db'))
  database.exec('PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL')
  const empty = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'machine'").get() === undefined
  if (empty) {
    database.exec(SCHEMA)
    const commits = commitsASecond(database)
    const rows = Math.max(FEWEST_ROWS, Math.round(commits / BEARS))
    database.prepare('INSERT INTO machine (commits_a_second, rows_at_login) VALUES (?, ?)').run(commits, rows)
  }
  return database
}

/** Rows that each login writes. */
export function rowsAtLogin(database: DatabaseSync): number {
  return Number(database.prepare('SELECT rows_at_login AS n FROM machine').get()?.['n'])
}

/** How many rows like those of a login this disk takes in a second, one after the other. */
function commitsASecond(database: DatabaseSync): number {
  const insert = database.prepare('INSERT INTO login (session, at) VALUES (?, ?)')
  const rates = Array.from({ length: WINDOWS }, () => {
    const since = performance.now()
    let commits = 0
    for (; performance.now() - since < WINDOW_MS; commits++) insert.run('measured', Date.now())
    return (commits / (performance.now() - since)) * 1000
  })
  database.exec('DELETE FROM login')
  return Math.round(Math.max(...rates))
}
