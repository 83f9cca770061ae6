// The node that fetches for others, or has what they want: it renews its claim while it fetches, and offers what came. As a page's
// owner it is asked for what it may have had for long; what it does not have it fetches by a request of its own, which claims the page
// like any other.

import type { Claims, Ended } from './claims.ts'
import { GIVEN_FOR, MOST } from './claims.ts'
import type { FetchesParts, Moment, Offered } from './fetches.ts'

/** What an owner is asked for. */
export interface Wish {
  key: string
  /** Of whoever needs it; of a variant they stand in the key. */
  codings?: string
  /** What it has had for as many milliseconds may be untrue by now, where who asks knows of something that made it so. */
  within?: number
}

interface Fetched {
  key: string
  /** Id of the page that it is of. */
  page: string
  moment: Moment
  isDone: boolean
  until: number
}

export class Giving {
  readonly #parts: FetchesParts
  readonly #claims: Claims
  /** By the claim's id. */
  readonly #fetched = new Map<string, Fetched>()

  constructor(parts: FetchesParts, claims: Claims) {
    this.#parts = parts
    this.#claims = claims
  }

  get isFull(): boolean {
    return this.#fetched.size >= MOST
  }

  /** This node fetches it, which was claimed when purges had come so far. */
  begin(id: string, key: string, moment: Moment): void {
    this.#fetched.set(id, { key, page: this.#claims.pageOf(key, id), moment, isDone: false, until: Infinity })
  }

  /** What was claimed is not fetched here after all. */
  release(id: string, key: string): void {
    void this.#end(id, key, 'free')
  }

  ended(key: string, isStored: boolean): void {
    const id = this.#claims.idOf(key)
    const fetched = id === undefined ? undefined : this.#fetched.get(id)
    if (id === undefined || fetched === undefined || fetched.isDone) return
    fetched.isDone = isStored
    fetched.until = this.#parts.clock.monotonic() + GIVEN_FOR
    if (!isStored) this.#fetched.delete(id)
    void this.#end(id, fetched.key, isStored ? 'done' : 'free')
  }

  /** What came of this page, or of a variant, is given to nobody. Returns those variants, whose claims still lie on the server. */
  forget(page: string): { key: string; id: string }[] {
    this.#fetched.delete(page)
    const variants = [...this.#fetched].filter(([, fetched]) => fetched.page === page)
    for (const [id] of variants) this.#fetched.delete(id)
    return variants.map(([id, { key }]) => ({ key, id }))
  }

  clear(): void {
    this.#fetched.clear()
  }

  /** Another node wants what this one has fetched. */
  want(id: string, node: string | undefined): void {
    if (node === this.#parts.name) this.#give(id)
  }

  /** Another node wants what this one owns. */
  asked(id: string, owner: string | undefined, text: string): void {
    if (owner !== this.#parts.name) return
    const wish = JSON.parse(text) as Wish
    // Where the two store it otherwise, by their configs, it has another id here.
    const isAlike = this.#claims.idOf(wish.key) === id && this.#parts.moment() !== null
    const isTakenUp = isAlike && this.#takeUp(id, wish)
    if (!isTakenUp) this.#claims.turnDown(wish.key, id).catch(() => {})
  }

  /** Twice a second. */
  async round(): Promise<void> {
    const now = this.#parts.clock.monotonic()
    for (const [id, { key, isDone, until }] of this.#fetched) {
      if (isDone && now > until) this.#fetched.delete(id)
      if (!isDone) await this.#claims.renew(key, id)
    }
  }

  #takeUp(id: string, { key, codings, within = Infinity }: Wish): boolean {
    const { host, rest } = this.#parts
    const held = host.held(key)
    if (held === 'other') return false
    if (held === 'nothing') return !this.isFull && host.fetch(key, codings)
    // Whatever had been purged when it was looked up is not there any more.
    const moment = rest()
    if (moment === null || held.age >= within) return false
    this.#offer(id, key, { ...held, moment })
    return true
  }

  #give(id: string): void {
    const fetched = this.#fetched.get(id)
    if (fetched === undefined || !fetched.isDone) return
    const { key, moment } = fetched
    const { host } = this.#parts
    const carried = host.carry(key)
    if (carried !== undefined) return this.#offer(id, key, { ...carried, moment })
    this.#fetched.delete(id)
    // What was purged meanwhile one of them fetches for all; what cannot be given each fetches for itself.
    void this.#end(id, key, host.held(key) === 'nothing' ? 'again' : 'free')
  }

  #offer(id: string, key: string, offered: Offered): void {
    this.#claims.offer(key, id, JSON.stringify(offered)).catch(() => {})
  }

  async #end(id: string, key: string, how: Ended): Promise<void> {
    try {
      if (await this.#claims.end(key, id, how)) this.#give(id)
    } catch {
      // The claim runs out by itself.
    }
  }
}
