// One fetch for all nodes. Who needs a page that it does not have asks its owner (owner.ts), which gives what it has or fetches it;
// where the owner does not take it up in time, who asked claims it in the store and fetches it by itself. The others wait and are given the
// stored response as it lies in memory, for some seconds after that too. Nobody waits for a node that is lost: its claim runs out.
// What was purged, or made untrue by a post, since the fetch began is given to nobody. Those who wait are in asking.ts, those who
// fetch and give in giving.ts.

import type { Clock } from '../base/clock.ts'
import { Asking } from './asking.ts'
import { Claims } from './claims.ts'
import type { ClaimsParts } from './claims.ts'
import { Giving } from './giving.ts'
import { Voided } from './voided.ts'

/** A stored response, as it is sent. */
export interface Carried {
  /** As it lies in the store, in base64. */
  record: string
  /** Wall clock of the sender when it was sent: the times in the record are by the same clock. */
  now: number
}

/** What an owner has had for so many milliseconds. */
export interface Held extends Carried {
  age: number
}

/** How far purges had come when a fetch began. */
export interface Moment {
  log: string
  seq: number
}

/** As it lies on the server: with `age` where it was not fetched for those who wait. */
export type Offered = Carried & { moment: Moment; age?: number }

/** Keys are written as on every node (store/keys.ts, `nodesKey`). */
export interface FetchesHost {
  /** What nodes have to have in common to store the same response under the key: undefined where none may be shared. */
  sharedAs(key: string): string | undefined
  /** The stored response that a flight under this key has brought; undefined where there is none that another node could store as it is. */
  carry(key: string): Carried | undefined
  /** What lies there, to be given however long it has been there: `other` where it can be neither given nor fetched anew for others. */
  held(key: string): Held | 'nothing' | 'other'
  /**
   * Fetches it for nobody in particular, as the request of a visitor who accepts these content codings would be; false where it is
   * not the time.
   */
  fetch(key: string, codings: string | undefined): boolean
  /** Stores it; false where it cannot be. */
  takeIn(key: string, carried: Carried): boolean
}

export interface FetchesParts extends ClaimsParts {
  clock: Clock
  host: FetchesHost
  /** The nodes that are there, this one among them. */
  members: () => readonly string[]
  /** Where purges stand here now; null where it is not known for sure. */
  moment: () => Moment | null
  /** The same where none is under way. */
  rest: () => Moment | null
}

export class SharedFetches {
  readonly #claims: Claims
  readonly #voided: Voided
  readonly #asking: Asking
  readonly #giving: Giving

  constructor(parts: FetchesParts) {
    this.#claims = new Claims(parts)
    this.#voided = new Voided(parts.clock)
    this.#giving = new Giving(parts, this.#claims)
    this.#asking = new Asking(parts, this.#claims, this.#voided, this.#giving)
  }

  /**
   * Asks whether another node fetches this key, or has it. True: `answer` is called once, with whether it is stored here now; where
   * it is not, it is to be fetched, and `ended` is to be called. False: this node is to fetch it as if it were by itself. `codings`: what
   * whoever needs it accepts.
   */
  claim(key: string, answer: (isStored: boolean) => void, codings?: string): boolean {
    return this.#asking.claim(key, answer, codings)
  }

  /** A fetch that was claimed has ended: what came is stored, or is not. */
  ended(key: string, isStored: boolean): void {
    this.#giving.ended(key, isStored)
  }

  /** Nobody waits for it any more, or what would come is old: it is not stored here. */
  cancel(key: string): void {
    this.#asking.cancel(key)
  }

  /** What is stored under these primary keys is not true any more, nor any variant. Said before anything that is asked later on the same link. */
  unclaim(keys: readonly string[]): void {
    for (const key of keys) {
      const id = this.#claims.idOf(key)
      if (id === undefined) continue
      this.#voided.note(id)
      for (const given of [{ key, id }, ...this.#giving.forget(id)]) this.#claims.unclaim(given.key, given.id).catch(() => {}) // prettier-ignore
    }
  }

  news(text: string): void {
    const [what, id = '', node] = text.split(' ', 3)
    if (what === 'have') this.#asking.have(id)
    if (what === 'free') this.#asking.free(id)
    if (what === 'alone') this.#asking.alone(id)
    if (what === 'again') this.#asking.again(id)
    if (what === 'want') this.#giving.want(id, node)
    if (what === 'fetch') this.#giving.asked(id, node, text.split(' ').slice(3).join(' '))
  }

  /** Twice a second. */
  round(): Promise<void> {
    return this.#giving.round()
  }

  /** The store does not answer: everybody fetches for themselves. */
  unlinked(): void {
    this.#asking.clear()
    this.#giving.clear()
  }
}
