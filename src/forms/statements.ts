// The journal's SQL, each statement compiled once for the database that is open; and the sync of a folder, without which the name of
// a new file may be gone after a crash of the machine.

import { closeSync, fsyncSync, openSync } from 'node:fs'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { SQL } from './schema.ts'

export type SqlName = keyof typeof SQL

export class Statements {
  readonly #compiled = new Map<SqlName, StatementSync>()

  of(database: DatabaseSync, name: SqlName): StatementSync {
    let statement = this.#compiled.get(name)
    if (statement === undefined) this.#compiled.set(name, (statement = database.prepare(SQL[name])))
    return statement
  }

  /** The database is closed. */
  clear(): void {
    this.#compiled.clear()
  }
}

export function syncFolder(path: string): void {
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
