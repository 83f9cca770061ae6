// Who is there and how they fare, as this edge counts it on the board: visitors by their hashes, answers by their site's
// Apdex. What it takes from the config is made anew with each config.

import type { Board } from '../board/board.ts'
import { Score } from '../board/scores.ts'
import { VisitorNotes } from '../board/visitors.ts'
import type { Mark } from '../board/visitors.ts'
import { clientOf } from '../client/address.ts'
import type { FindClient } from '../client/proxies.ts'
import type { SiteConfig } from '../config/types.ts'
import { first } from '../http/fields.ts'
import type { Fields } from '../http/fields.ts'
import type { Peer } from '../listener/fast/hits.ts'
import type { Visitors } from '../listener/visit.ts'

export class Audience implements Visitors {
  readonly #board: Board
  readonly #slot: number
  readonly #notes: VisitorNotes
  readonly #findClient: () => FindClient
  readonly #scores = new Map<string, Score>()

  constructor(board: Board, slot: number, findClient: () => FindClient) {
    this.#board = board
    this.#slot = slot
    this.#notes = new VisitorNotes(board)
    this.#findClient = findClient
  }

  get period(): number {
    return this.#notes.period
  }

  markOf(peer: Peer, fields: Fields): Mark & { isProxied: boolean } {
    const { address } = this.#findClient()(peer, fields)
    const own = this.#findClient()(peer, []).address
    const mark = this.#notes.markOf(clientOf(address), first(fields, 'user-agent') ?? '')
    return { ...mark, isProxied: address !== own }
  }

  note(mark: Mark): void {
    this.#notes.note(mark)
  }

  scoreOf(site: Pick<SiteConfig, 'name' | 'apdex'>): Score {
    const known = this.#scores.get(site.name)
    if (known !== undefined) return known
    const score = new Score(this.#board, this.#slot, site)
    this.#scores.set(site.name, score)
    return score
  }

  /** The config has changed. */
  clear(): void {
    this.#scores.clear()
  }
}
