// The journal's database while it is open: each statement compiled once, and one transaction at a time. When a commit fails, the file
// is closed, because nobody can say then what of it is on disk; opening it again settles that (store.ts).

import type { DatabaseSync } from 'node:sqlite'
import type { Row } from './rows.ts'
import { Statements } from './statements.ts'
import type { SqlName } from './statements.ts'

export class Tables {
  #database: DatabaseSync | undefined
  readonly #statements = new Statements()

  get isOpen(): boolean {
    return this.#database !== undefined
  }

  /** Throws where it is closed. */
  get database(): DatabaseSync {
    if (this.#database === undefined) throw new Error('the journal of forms is not open')
    return this.#database
  }

  use(database: DatabaseSync): void {
    this.#database = database
  }

  /** Runs `work` in one transaction. `afterwards` runs once it is synced; when anything throws nothing has happened. */
  commit<T>(work: () => { result: T; afterwards: () => void }): T {
    const { database } = this
    try {
      database.exec('BEGIN IMMEDIATE')
      const { result, afterwards } = work()
      database.exec('COMMIT')
      afterwards()
      return result
    } catch (error) {
      // A commit that failed to sync may be on disk all the same: see `open` of the store.
      this.close()
      throw error
    }
  }

  close(): void {
    const database = this.#database
    this.#database = undefined
    this.#statements.clear()
    try {
      database?.close()
    } catch {
      // The disk is gone; what was not synced was acknowledged to nobody.
    }
  }

  run(name: SqlName, ...values: (string | number | Uint8Array | null)[]): void {
    this.#statements.of(this.database, name).run(...values)
  }

  get(name: SqlName, ...values: (string | number | null)[]): Row | undefined {
    return this.#statements.of(this.database, name).get(...values)
  }

  all(name: SqlName, ...values: (string | number)[]): Row[] {
    return this.#statements.of(this.database, name).all(...values)
  }
}
