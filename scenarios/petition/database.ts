// The site's database, as many a small site has it: right in every answer, quick with the fifty petitions it was tried
// with. What is missing is an index on signature(petition), so that every count reads every signature; and the search
// index carries the number of signatures, so that every signature rebuilds it. Both are the story's real bottleneck.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { below, chanceFrom, pick } from './chance.ts'
import { petitionText, PLACES, signerName } from './words.ts'

/** Sized so that a home page costs about 25 ms of CPU: 40 a second on one core. Measured in README.md. */
const PETITIONS = 2_000
const SIGNATURES = 60_000
const SEED = 20_111

const FIRST_DAY = Date.UTC(2026, 0, 5)
const DAY_MS = 86_400_000

const SCHEMA = `
  CREATE TABLE petition (id INTEGER PRIMARY KEY, topic TEXT NOT NULL, title TEXT NOT NULL, body TEXT NOT NULL, goal INTEGER NOT NULL, opened INTEGER NOT NULL);
  CREATE TABLE signature (id INTEGER PRIMARY KEY, petition INTEGER NOT NULL, name TEXT NOT NULL, email TEXT NOT NULL, place TEXT NOT NULL, at INTEGER NOT NULL);
  CREATE VIRTUAL TABLE search USING fts5 (title, body, signatures UNINDEXED, tokenize = 'porter unicode61');
`

/** Opens the database in `folder`, which is made and filled when there is none (takes about half a second). */
export function openDatabase(folder: string): DatabaseSync {
  mkdirSync(folder, { recursive: true })
  const database = new DatabaseSync(join(folder, 'petitions.db'))
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 2000')
  const empty = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'petition'").get() === undefined
  if (empty) inTransaction(database, () => fill(database))
  return database
}

/** Everything `work` writes, or nothing of it. */
export function inTransaction(database: DatabaseSync, work: () => void): void {
  database.exec('BEGIN IMMEDIATE')
  try {
    work()
    database.exec('COMMIT')
  } catch (error) {
    database.exec('ROLLBACK')
    throw error
  }
}

/** Writes the whole search index anew, the number of signatures of every petition with it. */
export function rebuildSearch(database: DatabaseSync): void {
  database.exec(`
    DELETE FROM search;
    INSERT INTO search (rowid, title, body, signatures)
      SELECT p.id, p.title, p.body, count(s.id) FROM petition p LEFT JOIN signature s ON s.petition = p.id GROUP BY p.id;
  `)
}

function fill(database: DatabaseSync): void {
  database.exec(SCHEMA)
  fillPetitions(database)
  fillSignatures(database)
  rebuildSearch(database)
}

function fillPetitions(database: DatabaseSync): void {
  const chance = chanceFrom(SEED)
  const insert = database.prepare('INSERT INTO petition (topic, title, body, goal, opened) VALUES (?, ?, ?, ?, ?)')
  for (let i = 0; i < PETITIONS; i++) {
    const { topic, title, body } = petitionText(chance, i)
    insert.run(topic, title, body, i < 10 ? 10_000 : 2_500, FIRST_DAY + below(chance, 200) * DAY_MS)
  }
}

/** A few petitions have most of the signatures: the share falls with the cube, as everywhere people choose. */
function fillSignatures(database: DatabaseSync): void {
  const chance = chanceFrom(SEED + 1)
  const insert = database.prepare('INSERT INTO signature (petition, name, email, place, at) VALUES (?, ?, ?, ?, ?)')
  for (let i = 0; i < SIGNATURES; i++) {
    const petition = 1 + Math.floor(chance() ** 3 * PETITIONS)
    const place = pick(chance, PLACES)
    insert.run(petition, signerName(chance), `signer${i}@mail.example`, place, FIRST_DAY + 200 * DAY_MS + i * 60_000)
  }
}
