// How each site's visitors fare, as Apdex counts it: an answer within the site's T satisfies, one within 4 T is tolerated,
// a slower one or an error frustrates (Apdex Technical Specification 1.1). Edges count on rows of their own; which site has
// which row is agreed on without asking anybody, because a config may change it at any time.

import { MAX_SCORES, ScoreWord } from './board.ts'
import type { Board } from './board.ts'

/** Where sites are counted that found no row of their own. */
const SHARED = MAX_SCORES - 1

/** Up to here, in multiples of T, an answer is tolerated. */
const TOLERATED = 4

/** The site's row, the same for all threads. Two names share one with a chance of 2^-32, and are then counted together. */
export function scoreRow(board: Board, name: string): number {
  const names = board.scoreNames
  const identity = numberOf(name)
  for (let row = 0; row < SHARED; row++) {
    const there = Atomics.load(names, row)
    if (there === identity) return row
    // Who comes second takes what the first has left, or shares the row if it is the same site.
    const before = there === 0 ? Atomics.compareExchange(names, row, 0, identity) : there
    if (before === 0 || before === identity) return row
  }
  return SHARED
}

/** An edge's count of one site's answers. */
export class Score {
  readonly #row: Int32Array<SharedArrayBuffer>
  readonly #satisfied: number

  /** `satisfied` is T, in milliseconds. */
  constructor(board: Board, slot: number, site: { name: string; apdex: number }) {
    this.#row = board.score(slot, scoreRow(board, site.name))
    this.#satisfied = site.apdex
  }

  /** A good answer took so many milliseconds. */
  good(ms: number): void {
    // This edge alone writes its row.
    this.#row[wordOf(ms / this.#satisfied)]!++
  }

  /** No good answer. */
  bad(): void {
    Atomics.add(this.#row, ScoreWord.frustrated, 1)
  }

  /** The visitor left after so many milliseconds: whoever has not waited for T yet may have left for other reasons. */
  left(ms: number): void {
    if (ms > this.#satisfied) this.bad()
  }
}

const wordOf = (share: number): number =>
  share <= 1 ? ScoreWord.satisfied : share <= TOLERATED ? ScoreWord.tolerating : ScoreWord.frustrated

/** FNV-1a of the name, never 0. */
function numberOf(name: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193)
  return hash === 0 ? 1 : hash
}
