// The journal of forms on disk, as SQLite tables. What a visitor sent never changes and lies in one table; what becomes of
// it changes several times and lies in another, whose rows are so short that a commit rewrites few pages.

import type { DatabaseSync } from 'node:sqlite'
import { FORM_STATES } from '../threads/forms.ts'
import type { FormState } from '../threads/forms.ts'

/** A database of another version is not touched. */
const VERSION = 1

/** The number of a state on disk. */
export const stateNumber = (state: FormState): number => FORM_STATES.indexOf(state)

const numbers = (states: FormState[]): string => states.map(stateNumber).join(', ')

/**
 * WAL with `synchronous=FULL` syncs once for each commit, and the commit is there after a power failure. EXCLUSIVE keeps the
 * index of the WAL in memory: nobody else reads the file while the process lives. `secure_delete` writes zeros over what is
 * erased. A checkpoint each 16 MiB.
 */
const PRAGMAS = `
  PRAGMA locking_mode = EXCLUSIVE;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA secure_delete = ON;
  PRAGMA wal_autocheckpoint = 4096;
`

const TABLES = `
  CREATE TABLE facts (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
  CREATE TABLE form (
    number INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    site TEXT NOT NULL,
    rule TEXT NOT NULL,
    head TEXT NOT NULL,
    body BLOB NOT NULL,
    file TEXT,
    bytes INTEGER NOT NULL,
    key TEXT,
    clientKey TEXT,
    digest BLOB NOT NULL
  );
  CREATE UNIQUE INDEX formKey ON form (key) WHERE key IS NOT NULL;
  CREATE TABLE progress (
    number INTEGER PRIMARY KEY,
    state INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    due INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    status INTEGER NOT NULL,
    reason TEXT,
    site TEXT NOT NULL,
    lane TEXT
  );
  CREATE INDEX dueForms ON progress (site, due, number) WHERE state IN (${numbers(['waiting', 'retry', 'unknown'])});
  CREATE INDEX openLanes ON progress (lane, number)
    WHERE lane IS NOT NULL AND state IN (${numbers(['waiting', 'in-flight', 'retry', 'unknown'])});
  CREATE INDEX endedForms ON progress (changed)
    WHERE state IN (${numbers(['delivered', 'rejected', 'erased'])});
`

/** Forms that were another node's, with the receipt that their visitors have; and an index for those that are another's now. */
const OF_OTHERS = `
  CREATE TABLE IF NOT EXISTS adopted (number INTEGER PRIMARY KEY, receipt TEXT NOT NULL UNIQUE, owner TEXT NOT NULL);
  CREATE INDEX IF NOT EXISTS movedForms ON progress (changed) WHERE state = ${stateNumber('moved')};
`

/** Makes the tables where there are none. Throws where the file is of another version. */
export function prepare(database: DatabaseSync): void {
  database.exec(PRAGMAS)
  const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number }
  if (version === VERSION) return database.exec(OF_OTHERS)
  if (version !== 0) throw new Error(`the journal of forms is of version ${version}, and this program knows ${VERSION}`)
  database.exec(`BEGIN; ${TABLES} ${OF_OTHERS} PRAGMA user_version = ${VERSION}; COMMIT`)
}

/** The SQL of everything that is asked of the tables. */
export const SQL = {
  insertForm:
    'INSERT INTO form (number, at, site, rule, head, body, file, bytes, key, clientKey, digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  insertProgress:
    'INSERT INTO progress (number, state, tries, due, changed, status, reason, site, lane) VALUES (?, 0, 0, ?, ?, 0, NULL, ?, ?)',
  byKey: 'SELECT number, digest FROM form WHERE key = ?',
  forgetKey: 'UPDATE form SET key = NULL WHERE number = ?',
  update: 'UPDATE progress SET state = ?, tries = ?, due = ?, changed = ?, status = ?, reason = ? WHERE number = ?',
  dueNow: `UPDATE progress SET due = ? WHERE state = ${stateNumber('waiting')} AND due > ?`,
  dueSoon: `UPDATE progress SET due = ? WHERE state IN (${numbers(['retry', 'unknown'])}) AND due > ?`,
  form: 'SELECT * FROM form WHERE number = ?',
  progress: 'SELECT * FROM progress WHERE number = ?',
  due: `SELECT p.* FROM progress p WHERE site = ? AND state IN (${numbers(['waiting', 'retry', 'unknown'])}) AND due <= ?
    AND (lane IS NULL OR NOT EXISTS (SELECT 1 FROM progress q WHERE q.lane = p.lane AND q.number < p.number
      AND q.state IN (${numbers(['waiting', 'in-flight', 'retry', 'unknown'])})))
    ORDER BY due, number LIMIT ?`,
  dueOf: `SELECT p.* FROM progress p JOIN form f ON f.number = p.number
    WHERE p.site = ? AND p.state IN (${numbers(['waiting', 'retry', 'unknown'])}) AND p.due <= ?
    AND (f.rule IN (SELECT value FROM json_each(?))) = ?
    AND (p.lane IS NULL OR NOT EXISTS (SELECT 1 FROM progress q WHERE q.lane = p.lane AND q.number < p.number
      AND q.state IN (${numbers(['waiting', 'in-flight', 'retry', 'unknown'])})))
    ORDER BY p.due, p.number LIMIT ?`,
  forms: 'SELECT * FROM form WHERE number > ? ORDER BY number LIMIT ?',
  nextDue: `SELECT min(due) AS due FROM progress WHERE site = ? AND state IN (${numbers(['waiting', 'retry', 'unknown'])})`,
  counts: 'SELECT site, state, count(*) AS forms FROM progress GROUP BY site, state',
  bytes: 'SELECT total(bytes) AS bytes FROM form',
  last: 'SELECT max(number) AS number FROM progress',
  firstOpen: `SELECT p.number, f.at FROM progress p JOIN form f ON f.number = p.number
    WHERE p.number >= ? AND p.state IN (${numbers(['waiting', 'in-flight', 'retry', 'unknown'])}) ORDER BY p.number LIMIT 1`,
  inFlight: `SELECT number FROM progress WHERE state = ${stateNumber('in-flight')}`,
  page: 'SELECT p.*, f.at, f.rule, f.head, f.bytes FROM progress p LEFT JOIN form f ON f.number = p.number WHERE p.number > ? AND (? < 0 OR p.state = ?) ORDER BY p.number LIMIT ?',
  eraseForm: 'DELETE FROM form WHERE number = ?',
  eraseProgress: 'DELETE FROM progress WHERE number = ?',
  ended: `SELECT number FROM progress WHERE state IN (${numbers(['delivered', 'rejected', 'erased'])}) AND changed < ?
    ORDER BY changed LIMIT ?`,
  moved: `SELECT number FROM progress WHERE state = ${stateNumber('moved')} AND changed < ? ORDER BY changed LIMIT ?`,
  files: 'SELECT file FROM form WHERE file IS NOT NULL',
  open: `SELECT * FROM progress WHERE number > ? AND state IN (${numbers(['waiting', 'in-flight', 'retry', 'unknown', 'set-aside'])})
    ORDER BY number LIMIT ?`,
  lane: 'SELECT lane FROM progress WHERE number = ?',
  insertAdopted: 'INSERT INTO adopted (number, receipt, owner) VALUES (?, ?, ?)',
  adoptedBy: 'SELECT number FROM adopted WHERE receipt = ?',
  adopted: 'SELECT receipt, owner FROM adopted WHERE number = ?',
  allAdopted: 'SELECT receipt, owner FROM adopted LIMIT ?',
  eraseAdopted: 'DELETE FROM adopted WHERE number = ?',
  fact: 'SELECT value FROM facts WHERE name = ?',
  setFact: 'INSERT INTO facts (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
} as const
