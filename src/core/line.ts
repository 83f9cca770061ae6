// One class's queue in front of the limiter: bounded in length and in time, by priority. Its time is bounded in CoDel's
// manner, as Facebook's servers do it (Maurer, "Fail at Scale", ACM Queue 2015): once the queue has stood until somebody has
// waited their whole time, one may wait only for a short while, and who came last is served first. A queue that stands but moves
// on is no overload. Whoever is promised something keeps their order and time.

import { Overload } from './overload.ts'
import type { Claim } from './permits.ts'

/** In the order in which they are served. */
const RANKS = 5

export interface LineSettings {
  /** Requests that may wait. */
  length: number
  /** Milliseconds that one may wait; once somebody has, the queue is overloaded. */
  wait: number
  /** Milliseconds that one may wait from then on. */
  overloaded: number
}

interface Entry {
  readonly claim: Claim
  readonly since: number
}

/** Every so many turns the one who waits longest goes, whatever their priority: nobody starves. */
const ELDERS_TURN = 10

export class Line {
  readonly #ranks: Set<Entry>[] = Array.from({ length: RANKS }, () => new Set())
  readonly #entries = new Map<Claim, Entry>()
  readonly #overload = new Overload()
  #turns = 0

  get size(): number {
    return this.#entries.size
  }

  /** The best priority of those who wait. */
  get rank(): number | undefined {
    const rank = this.#ranks.findIndex(({ size }) => size > 0)
    return rank === -1 ? undefined : rank
  }

  get all(): Claim[] {
    return [...this.#entries.keys()]
  }

  has(claim: Claim): boolean {
    return this.#entries.has(claim)
  }

  /** Lets it in, or says who has to go for it: the claim itself where it is no better than those who are there. */
  join(claim: Claim, { length, wait }: LineSettings, now: number): Claim | null {
    const full = this.size >= length
    const out = full ? this.#outFor(claim, wait, now) : null
    if (out === claim) return claim
    if (out !== null) this.leave(out)
    const entry = { claim, since: now }
    this.#entries.set(claim, entry)
    this.#ranks[claim.rank]!.add(entry)
    return out
  }

  /** False where it was not here. */
  leave(claim: Claim): boolean {
    const entry = this.#entries.get(claim)
    if (entry === undefined) return false
    this.#entries.delete(claim)
    this.#ranks[claim.rank]!.delete(entry)
    if (this.size === 0) this.#overload.over()
    return true
  }

  /** Whose turn it is. */
  next({ wait }: LineSettings, now: number): Claim | undefined {
    const { rank } = this
    if (rank === undefined) return undefined
    if (this.#turns % ELDERS_TURN === ELDERS_TURN - 1) return this.#eldest()!.claim
    const all = this.#ranks[rank]!
    const [first] = all
    if (!this.isOverloaded(wait, now)) return first!.claim
    let last = first!
    for (const entry of all) {
      if (entry.claim.isPatient) return entry.claim
      last = entry
    }
    return last.claim
  }

  /** It has gone to an origin. */
  served(claim: Claim): void {
    this.#turns++
    this.leave(claim)
  }

  /** Who has waited their time. */
  late({ wait, overloaded }: LineSettings, now: number): Claim[] {
    const most = this.isOverloaded(wait, now) ? overloaded : wait
    const isLate = ({ claim, since }: Entry): boolean => claim.until <= now || (!claim.isPatient && now - since >= most)
    return [...this.#entries.values()].filter(isLate).map(({ claim }) => claim)
  }

  /** More come than are served: since the queue was empty last, somebody has waited for so long. */
  isOverloaded(wait: number, now: number): boolean {
    const eldest = this.#eldest()
    if (eldest === undefined) return false
    return this.#overload.judge({ waited: now - eldest.since, waiting: this.size, served: this.#turns }, wait, now)
  }

  /** Who goes when it is full: of the worst priority the one who came last; or, overloaded, who came first. */
  #outFor(claim: Claim, wait: number, now: number): Claim {
    const worst = this.#ranks.findLastIndex(({ size }) => size > 0)
    if (worst < claim.rank || worst === -1) return claim
    const all = this.#ranks[worst]!
    if (worst === claim.rank) return this.isOverloaded(wait, now) ? (firstImpatient(all) ?? claim) : claim
    return lastImpatient(all) ?? claim
  }

  #eldest(): Entry | undefined {
    return this.#entries.values().next().value
  }
}

function firstImpatient(entries: Iterable<Entry>): Claim | undefined {
  for (const { claim } of entries) if (!claim.isPatient) return claim
  return undefined
}

/** Or, where all of them were promised something, the last. */
function lastImpatient(entries: Iterable<Entry>): Claim | undefined {
  let last: Claim | undefined
  let impatient: Claim | undefined
  for (const { claim } of entries) {
    last = claim
    if (!claim.isPatient) impatient = claim
  }
  return impatient ?? last
}
