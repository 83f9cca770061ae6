// The forms here that were another node's: they keep the receipt that their visitors have.

import type { Opened } from './copied.ts'
import type { Tables } from './tables.ts'

export class Adopted {
  readonly #tables: Tables
  /** Most journals have none, and are not asked for each receipt then. */
  #hasAny = false

  constructor(tables: Tables) {
    this.#tables = tables
  }

  count(): void {
    this.#hasAny = this.#tables.all('allAdopted', 1).length > 0
  }

  receiptOf(number: number): string | undefined {
    return this.#hasAny ? (this.#tables.get('adopted', number)?.['receipt'] as string | undefined) : undefined
  }

  numberOf(receipt: string): number | undefined {
    return this.#hasAny ? (this.#tables.get('adoptedBy', receipt)?.['number'] as number | undefined) : undefined
  }

  add(number: number, { receipt, owner }: Opened): void {
    this.#tables.run('insertAdopted', number, receipt, owner)
    this.#hasAny = true
  }

  drop(number: number): void {
    if (this.#hasAny) this.#tables.run('eraseAdopted', number)
  }

  /** Receipts by the journal that they were taken from. */
  byOwner(): Map<string, string[]> {
    const rows = this.#hasAny ? this.#tables.all('allAdopted', -1) : []
    const owners = Map.groupBy(rows, ({ owner }) => owner as string)
    return new Map([...owners].map(([owner, theirs]) => [owner, theirs.map(({ receipt }) => receipt as string)]))
  }
}
