// The node that needs a page which it does not have: a state machine for each page, between what the server says of the claim and the
// news of the others.
//
//   claim ──▶ asked ──taken up──▶ fetching ──▶ have: stored here, or not
//     │         │ turned down, or silent   ├─▶ free: each for itself
//     │         │                          ╰─▶ again: it was there, and is purged
//     │         ▼
//     └──▶ mine: this node fetches it

import { Allowance } from './allowance.ts'
import { ASKED_FOR, MOST, siteOf } from './claims.ts'
import type { Claims, Claimed } from './claims.ts'
import type { FetchesParts, Moment, Offered } from './fetches.ts'
import type { Giving, Wish } from './giving.ts'
import { ownerOf } from './owner.ts'
import type { Voided } from './voided.ts'

/** Milliseconds between two looks whether the one that fetches is still there. */
const LOOK_EVERY = 500
/** Milliseconds until who waits fetches for itself: for one that fetches, and for one that has it and need only send it. */
const FETCHED_WITHIN = 10_000
const SENT_WITHIN = 500
/** Milliseconds for which an owner that was silent is asked for nothing: after that the heartbeats know whether it is lost. */
const SILENT_FOR = 3000
/**
 * Milliseconds that a fetch may have taken which had begun before something made its page untrue: what an owner stored in that time
 * is not taken from it. A page that is shared has 1 MiB at most.
 */
const LONGEST_FETCH = 60_000
/** A page's own key (store/keys.ts), or that of its variant by content codings: of a flight with credentials, of another variant, or with what rules add to it, others end in another way. */
const OWNED = /^\S+ https?:\/\/\S+(\naccept-encoding(:\S+)?\n)?$/

interface Awaited {
  readonly key: string
  /** Id of the page that it is of. */
  readonly page: string
  readonly codings: string | undefined
  readonly until: number
  readonly answer: (isStored: boolean) => void
  timer: NodeJS.Timeout | null
  /** An owner may still be asked. */
  mayAsk: boolean
  /** Who was asked and has not answered. */
  owner: string | null
  /** This node has had an owner asked. */
  hasAsked: boolean
}

export class Asking {
  readonly #parts: FetchesParts
  readonly #claims: Claims
  readonly #voided: Voided
  readonly #giving: Giving
  /** By the claim's id. */
  readonly #awaited = new Map<string, Awaited>()
  /** Owners that were silent, until when nobody asks them. As many as there are nodes. */
  readonly #silent = new Map<string, number>()
  /** By site. */
  readonly #allowances = new Map<string, Allowance>()

  constructor(parts: FetchesParts, claims: Claims, voided: Voided, giving: Giving) {
    this.#parts = parts
    this.#claims = claims
    this.#voided = voided
    this.#giving = giving
  }

  claim(key: string, answer: (isStored: boolean) => void, codings: string | undefined): boolean {
    const id = this.#claims.idOf(key)
    if (id === undefined || this.#parts.moment() === null || this.#awaited.has(id)) return false
    if (this.#awaited.size >= MOST || this.#giving.isFull) return false
    const page = this.#claims.pageOf(key, id)
    // Its claims elsewhere nobody has taken away.
    if (page !== id && this.#voided.since(page) < LONGEST_FETCH) return false
    const until = this.#parts.clock.monotonic() + FETCHED_WITHIN
    const wanted = { key, page, codings, until, answer, mayAsk: OWNED.test(key) }
    this.#awaited.set(id, { ...wanted, timer: null, owner: null, hasAsked: false })
    void this.#ask(id)
    return true
  }

  cancel(key: string): void {
    const id = this.#claims.idOf(key)
    if (id !== undefined) this.#drop(id)
  }

  /** Somebody offers it. */
  have(id: string): void {
    if (this.#awaited.has(id)) void this.#take(id)
  }

  /** What somebody has fetched is for nobody else. */
  free(id: string): void {
    const awaited = this.#awaited.get(id)
    if (awaited?.hasAsked === true) this.#allowanceOf(awaited.key).inVain()
    this.#settle(id, false)
  }

  /** The owner does not fetch it now. */
  alone(id: string): void {
    const awaited = this.#awaited.get(id)
    if (awaited !== undefined) awaited.mayAsk = false
    this.again(id)
  }

  /** What somebody had is not there any more. */
  again(id: string): void {
    const awaited = this.#awaited.get(id)
    if (awaited === undefined) return
    if (awaited.timer !== null) clearTimeout(awaited.timer)
    awaited.owner = null
    void this.#ask(id)
  }

  clear(): void {
    for (const id of [...this.#awaited.keys()]) this.#settle(id, false)
  }

  async #ask(id: string): Promise<void> {
    const awaited = this.#awaited.get(id)
    if (awaited === undefined) return
    const before = this.#parts.moment()
    const asking = this.#ownerFor(awaited)
    try {
      const how = await this.#claims.claim(awaited.key, id, asking.owner, JSON.stringify(asking.wish))
      this.#claimed(id, awaited, how, asking.owner, before)
    } catch {
      this.#settle(id, false)
    }
  }

  #claimed(id: string, awaited: Awaited, how: Claimed, owner: string, before: Moment | null): void {
    if (how === 'mine') return this.#begin(id, awaited, before)
    if (this.#awaited.get(id) !== awaited) return
    if (how === 'asked') {
      // By this node or another: once is enough.
      awaited.mayAsk = false
      awaited.owner = owner
      awaited.hasAsked = true
    } else awaited.owner = null
    awaited.timer = setTimeout(() => this.#late(id, awaited, how), WAITS[how])
  }

  #late(id: string, { until }: Awaited, how: Claimed): void {
    if (how === 'done' || this.#parts.clock.monotonic() > until) this.#settle(id, false)
    else void this.#ask(id)
  }

  /** The owner to ask, and for what; an empty name for nobody. */
  #ownerFor({ key, page, codings, mayAsk }: Awaited): { owner: string; wish: Wish } {
    const nobody = { owner: '', wish: { key: '' } }
    const now = this.#parts.clock.monotonic()
    const owner = mayAsk ? ownerOf(this.#parts.members(), page) : undefined
    if (owner === undefined || owner === this.#parts.name || now < (this.#silent.get(owner) ?? 0)) return nobody
    const within = this.#voided.since(page) - LONGEST_FETCH
    if (within <= 0 || !this.#allowanceOf(key).isLeft()) return nobody
    return { owner, wish: { key, ...(codings && { codings }), ...(within < Infinity && { within }) } }
  }

  /** This node fetches it. */
  #begin(id: string, awaited: Awaited, before: Moment | null): void {
    const { key, owner } = awaited
    if (owner !== null) this.#silent.set(owner, this.#parts.clock.monotonic() + SILENT_FOR)
    // Asked for once more meanwhile: that question is answered in the same way, a moment later.
    if (this.#awaited.has(id) && this.#awaited.get(id) !== awaited) return
    if (before === null || !this.#awaited.has(id)) this.#giving.release(id, key)
    else this.#giving.begin(id, key, before)
    this.#settle(id, false)
  }

  /** Stores what another node has, unless it may be older than a purge that is carried out here, or than what made it untrue. */
  async #take(id: string): Promise<void> {
    const awaited = this.#awaited.get(id)
    if (awaited === undefined) return
    const { key, page, hasAsked } = awaited
    try {
      const text = await this.#claims.take(key, id)
      if (this.#awaited.get(id) !== awaited) return
      const offered = text === undefined ? undefined : (JSON.parse(text) as Offered)
      const isStored = offered !== undefined && this.#isYoung(page, offered) && this.#parts.host.takeIn(key, offered)
      if (isStored && hasAsked) this.#allowanceOf(key).useful()
      this.#settle(id, isStored)
    } catch {
      this.#settle(id, false)
    }
  }

  #isYoung(page: string, { moment, age = -Infinity }: Offered): boolean {
    const here = this.#parts.moment()
    if (here === null || here.log !== moment.log || here.seq > moment.seq) return false
    return age < this.#voided.since(page) - LONGEST_FETCH
  }

  #allowanceOf(key: string): Allowance {
    const site = siteOf(key)
    const allowance = this.#allowances.get(site) ?? new Allowance(this.#parts.clock)
    this.#allowances.set(site, allowance)
    return allowance
  }

  #settle(id: string, isStored: boolean): void {
    this.#drop(id)?.answer(isStored)
  }

  #drop(id: string): Awaited | undefined {
    const awaited = this.#awaited.get(id)
    if (awaited === undefined) return undefined
    if (awaited.timer !== null) clearTimeout(awaited.timer)
    this.#awaited.delete(id)
    return awaited
  }
}

/** Milliseconds until it is looked what has become of a claim. */
const WAITS = { mine: 0, asked: ASKED_FOR, fetching: LOOK_EVERY, done: SENT_WITHIN } as const
