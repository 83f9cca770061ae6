// Who is there and how they fare, as this edge counts it on the board: visitors by their hashes, answers by their site's
// Apdex. What it takes from the config is made anew with each config.

import type { Board } from '../board/board.ts'
import { Score } from '../board/scores.ts'
import { VisitorNotes } from '../board/visitors.ts'
import type { Mark } from '../board/visitors.ts'
import { clientOf } from '../client/address.ts'
import type { FindClient } from '../client/proxies.ts'
import type { Config, SiteConfig } from '../config/types.ts'
import { first } from '../http/fields.ts'
import type { Fields } from '../http/fields.ts'
import type { Peer } from '../listener/fast/hits.ts'
import type { Visitors } from '../listener/visit.ts'
import { isMarked, rehearsalMark } from '../http/rehearsal.ts'

/** What nobody is counted in. */
export const NOT_COUNTED: Pick<Score, 'good' | 'bad' | 'left'> = { good() {}, bad() {}, left() {} }

/** Of somebody who is part of a rehearsal. */
type Noted = Mark & { isProxied: boolean; isRehearsal?: true }

export class Audience implements Visitors {
  readonly #board: Board
  readonly #slot: number
  readonly #notes: VisitorNotes
  readonly #findClient: () => FindClient
  readonly #scores = new Map<string, Score>()
  /** The mark of rehearsals; undefined where the config sets no token. */
  #mark: string | undefined

  constructor(board: Board, slot: number, findClient: () => FindClient, config?: Config) {
    this.#board = board
    this.#slot = slot
    this.#notes = new VisitorNotes(board)
    this.#findClient = findClient
    if (config !== undefined) this.configure(config)
  }

  get period(): number {
    return this.#notes.period
  }

  markOf(peer: Peer, fields: Fields): Noted {
    const { address } = this.#findClient()(peer, fields)
    const own = this.#findClient()(peer, []).address
    const mark = this.#notes.markOf(clientOf(address), first(fields, 'user-agent') ?? '')
    const noted = { ...mark, isProxied: address !== own }
    return this.isRehearsal(fields) ? { ...noted, isRehearsal: true } : noted
  }

  note(mark: Noted): void {
    if (mark.isRehearsal !== true) this.#notes.note(mark)
  }

  scoreOf(site: Pick<SiteConfig, 'name' | 'apdex'>): Score {
    const known = this.#scores.get(site.name)
    if (known !== undefined) return known
    const score = new Score(this.#board, this.#slot, site)
    this.#scores.set(site.name, score)
    return score
  }

  /** Whether there is a mark to look for: else nobody's fields have to be read for it. */
  get knowsRehearsals(): boolean {
    return this.#mark !== undefined
  }

  /** Whether the request is part of a rehearsal that the config knows. */
  isRehearsal(fields: Fields): boolean {
    return isMarked(fields, this.#mark)
  }

  /** Where the answer to a request with these fields counts. */
  scoreFor(site: Pick<SiteConfig, 'name' | 'apdex'>, fields: Fields): Pick<Score, 'good' | 'bad' | 'left'> {
    return this.isRehearsal(fields) ? NOT_COUNTED : this.scoreOf(site)
  }

  /** The config has changed. */
  configure({ rehearsal }: Config): void {
    this.#mark = rehearsal.token && rehearsalMark(rehearsal.token.secret)
    this.#scores.clear()
  }
}
