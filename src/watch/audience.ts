// Who is there and how they fare, read from the board once a second: active visitors, and each site's Apdex.

import type { Clock } from '../base/clock.ts'
import { ScoreWord } from '../board/board.ts'
import type { Board } from '../board/board.ts'
import { scoreRow } from '../board/scores.ts'
import { VisitorCount } from '../board/visitors.ts'
import { WrappingSum } from './wrapping-sum.ts'

/** Apdex is told over so many looks: long enough to be calm, short enough to be told at once. */
const WINDOW = 30
/** Fewer answers than this say nothing of a site. */
const FEWEST = 10

/** Answers by how they were taken. */
export interface Taken {
  satisfied: number
  tolerating: number
  frustrated: number
}

const words = ['satisfied', 'tolerating', 'frustrated'] as const
const none: Taken = { satisfied: 0, tolerating: 0, frustrated: 0 }

/** Apdex, 0 to 1; null where too few have answered. */
export function apdexOf({ satisfied, tolerating, frustrated }: Taken): number | null {
  const all = satisfied + tolerating + frustrated
  return all < FEWEST ? null : (satisfied + tolerating / 2) / all
}

const together = (all: Iterable<Taken>): Taken => {
  const sum = { ...none }
  for (const each of all) for (const word of words) sum[word] += each[word]
  return sum
}

class SiteAnswers {
  readonly #sums = words.map(() => new WrappingSum())
  readonly #looks: Taken[] = []

  look(rows: Int32Array[]): void {
    const added = this.#sums.map((sum, i) => {
      sum.look()
      for (const [slot, row] of rows.entries()) sum.add(slot, row[ScoreWord[words[i]!]]!)
      return sum.added
    })
    this.#looks.push(takenOf(added))
    if (this.#looks.length > WINDOW) this.#looks.shift()
  }

  get total(): Taken {
    return takenOf(this.#sums.map(sum => sum.total))
  }

  get recent(): Taken {
    return together(this.#looks)
  }
}

const takenOf = ([satisfied, tolerating, frustrated]: number[]): Taken => ({
  satisfied: satisfied!,
  tolerating: tolerating!,
  frustrated: frustrated!,
})

export class Audience {
  /** Distinct visitors of the last minute and of the last five. */
  visitors = { minute: 0, five: 0 }
  readonly #board: Board
  readonly #clock: Clock
  readonly #count: VisitorCount
  readonly #sites = new Map<string, SiteAnswers>()

  constructor(board: Board, clock: Clock) {
    this.#board = board
    this.#clock = clock
    this.#count = new VisitorCount(board, clock.monotonic() / 1000)
  }

  /** To be called once a second, with the names of the config's sites and how many rows of edges are in use. */
  look(sites: readonly string[], slots: number): void {
    this.#count.turn(this.#clock.monotonic() / 1000)
    this.visitors = { minute: this.#count.count(60), five: this.#count.count(300) }
    for (const name of this.#sites.keys()) if (!sites.includes(name)) this.#sites.delete(name)
    for (const name of sites) this.#answersOf(name).look(this.#rowsOf(name, slots))
  }

  /** A site's answers since start. */
  total(site: string): Taken {
    return this.#sites.get(site)?.total ?? none
  }

  /** A site's answers of the last half minute, or those of all sites. */
  recent(site?: string): Taken {
    if (site === undefined) return together([...this.#sites.values()].map(each => each.recent))
    return this.#sites.get(site)?.recent ?? none
  }

  #answersOf(site: string): SiteAnswers {
    const known = this.#sites.get(site) ?? new SiteAnswers()
    this.#sites.set(site, known)
    return known
  }

  #rowsOf(site: string, slots: number): Int32Array[] {
    const index = scoreRow(this.#board, site)
    return Array.from({ length: slots }, (_, slot) => this.#board.score(slot, index))
  }
}
