// The shop's database. Whoever comes is logged in as a guest, and each of the rows which that writes is a commit of its own
// that waits for the disk: on a usual day, with 2,000 visitors, nobody ever saw it.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS session (id TEXT PRIMARY KEY, began INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS login (id INTEGER PRIMARY KEY, session TEXT NOT NULL, at INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS preorder (id INTEGER PRIMARY KEY, session TEXT NOT NULL, name TEXT NOT NULL, email TEXT NOT NULL, receipt TEXT UNIQUE);
`

/** Opens the database in `folder`, which is made when there is none. */
export function openDatabase(folder: string): DatabaseSync {
  mkdirSync(folder, { recursive: true })
  const database = new DatabaseSync(join(folder, 'shop.db'))
  database.exec(`PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL; ${SCHEMA}`)
  return database
}
