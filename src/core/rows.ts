// Which row of the board belongs to which origin. The board itself remembers, by a number made from site and URL, because
// the rows outlive a core.

import { MAX_ORIGINS } from '../board/board.ts'
import { finishHash, hashBytes } from '../store/hash.ts'
import type { Ledger } from './ledger.ts'

export class Rows {
  readonly #ledger: Ledger

  constructor(ledger: Ledger) {
    this.#ledger = ledger
  }

  /**
   * The row this origin has had before, else one that nobody has had, else one whose origin is gone; -1 when all `taken` or still
   * in use. The number is marked on the board.
   */
  rowFor(site: string, url: string, taken: ReadonlySet<number>): number {
    const identity = identityOf(site, url)
    const all = Array.from({ length: MAX_ORIGINS }, (_, index) => index).filter(index => !taken.has(index))
    const has = (index: number): number => this.#ledger.get(index, 'identity')
    const row =
      all.find(index => has(index) === identity) ??
      all.find(index => has(index) === 0) ??
      all.find(index => this.#ledger.inFlight(index) <= 0)
    if (row === undefined) return -1
    this.#ledger.set(row, 'identity', identity)
    return row
  }
}

/** 32 bits: among 256 origins two share a number once in 130,000 processes, and then only lose their place at a restart of core. */
function identityOf(site: string, url: string): number {
  const bytes = Buffer.from(`${site}\n${url}`)
  return finishHash(hashBytes(0, bytes, 0, bytes.length))
}
