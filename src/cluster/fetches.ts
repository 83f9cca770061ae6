// One fetch for all nodes. Who needs a page that it does not have claims it in the store; the first claim fetches, the others
// wait and are given the stored response as it lies in memory, for some seconds after that too. Nobody waits for a node that
// is lost: its claim runs out. What was purged, or made untrue by a post, since the fetch began is given to nobody.

import { createHash } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import type { Keys } from './keys.ts'
import type { Link } from './link.ts'

/** Milliseconds that a claim lasts unless it is renewed, which the rounds of the node do three times in that. */
const CLAIMED_FOR = 1500
/** Milliseconds for which others may ask for what was fetched. */
const GIVEN_FOR = 10_000
/** Milliseconds that an offered response lies in the store. */
const OFFERED_FOR = 3000
/** Milliseconds between two looks whether the one that fetches is still there. */
const LOOK_EVERY = 500
/** Milliseconds until who waits fetches for itself: for one that fetches, and for one that has it and need only send it. */
const FETCHED_WITHIN = 10_000
const SENT_WITHIN = 500
/** Claims at once, in either direction: at a few hundred bytes some MiB. More are fetched by each node for itself. */
const MOST = 4096

/** A stored response, as it is sent. */
export interface Carried {
  /** As it lies in the store, in base64. */
  record: string
  /** Wall clock of the sender when it was sent: the times in the record are by the same clock. */
  now: number
}

export interface FetchesHost {
  /** What nodes have to have in common to store the same response under the key: undefined where none may be shared. */
  sharedAs(key: string): string | undefined
  /** The stored response under this key; undefined where there is none that another node could store as it is. */
  carry(key: string): Carried | undefined
  /** Stores it; false where it cannot be. */
  takeIn(key: string, carried: Carried): boolean
}

/** How far purges had come when a fetch began. */
export interface Moment {
  log: string
  seq: number
}

export interface FetchesParts {
  link: Pick<Link, 'run'>
  keys: Keys
  clock: Clock
  name: string
  incarnation: string
  host: FetchesHost
  /** Where purges stand here now; null where it is not known for sure. */
  moment: () => Moment | null
}

interface Awaited {
  key: string
  until: number
  timer: NodeJS.Timeout | null
  answer: (isStored: boolean) => void
}

interface Fetched {
  key: string
  moment: Moment
  isDone: boolean
  until: number
}

export class SharedFetches {
  readonly #parts: FetchesParts
  /** By the claim's id. */
  readonly #awaited = new Map<string, Awaited>()
  readonly #fetched = new Map<string, Fetched>()

  constructor(parts: FetchesParts) {
    this.#parts = parts
  }

  /**
   * Asks whether another node fetches this key, or has it. True: `answer` is called once, with whether it is stored here now; where
   * it is not, it is to be fetched, and `ended` is to be called. False: this node is to fetch it as if it were by itself.
   */
  claim(key: string, answer: (isStored: boolean) => void): boolean {
    const id = this.#idOf(key)
    if (id === undefined || this.#parts.moment() === null || this.#awaited.has(id)) return false
    if (this.#awaited.size >= MOST || this.#fetched.size >= MOST) return false
    const until = this.#parts.clock.monotonic() + FETCHED_WITHIN
    this.#awaited.set(id, { key, until, timer: null, answer })
    void this.#ask(id)
    return true
  }

  /** A fetch that was claimed has ended: what came is stored, or is not. */
  ended(key: string, isStored: boolean): void {
    const id = this.#idOf(key)
    const fetched = id === undefined ? undefined : this.#fetched.get(id)
    if (id === undefined || fetched === undefined || fetched.isDone) return
    fetched.isDone = isStored
    fetched.until = this.#parts.clock.monotonic() + GIVEN_FOR
    if (!isStored) this.#fetched.delete(id)
    void this.#end(id, isStored)
  }

  /** Nobody waits for it any more, or what would come is old: it is not stored here. */
  cancel(key: string): void {
    const id = this.#idOf(key)
    if (id !== undefined) this.#drop(id)
  }

  /** What is stored under these keys is not true any more. Said before anything that is asked later on the same link. */
  unclaim(keys: readonly string[]): void {
    for (const key of keys) {
      const id = this.#idOf(key)
      if (id === undefined) continue
      this.#fetched.delete(id)
      this.#run('unclaim', [this.#claimOf(key, id), this.#recordOf(key, id)], []).catch(() => {})
    }
  }

  news(text: string): void {
    const [what, id = '', node] = text.split(' ')
    if (what === 'have' && this.#awaited.has(id)) void this.#take(id)
    if (what === 'free') this.#settle(id, false)
    if (what === 'want' && node === this.#parts.name) this.#offer(id)
  }

  /** Twice a second. */
  async round(): Promise<void> {
    const now = this.#parts.clock.monotonic()
    for (const [id, { key, isDone, until }] of this.#fetched) {
      if (isDone && now > until) this.#fetched.delete(id)
      if (!isDone) await this.#run('claim-renew', [this.#claimOf(key, id)], [...this.#self, CLAIMED_FOR])
    }
  }

  /** The store does not answer: everybody fetches for themselves. */
  unlinked(): void {
    for (const id of [...this.#awaited.keys()]) this.#settle(id, false)
    this.#fetched.clear()
  }

  async #ask(id: string): Promise<void> {
    const awaited = this.#awaited.get(id)
    if (awaited === undefined) return
    const { clock, keys, moment } = this.#parts
    const before = moment()
    try {
      const args = [...this.#self, CLAIMED_FOR, keys.news, id]
      const how = await this.#run('claim', [this.#claimOf(awaited.key, id)], args)
      if (how === 'mine') return this.#begin(id, awaited.key, before)
      const wait = how === 'done' ? SENT_WITHIN : LOOK_EVERY
      if (this.#awaited.get(id) !== awaited) return
      awaited.timer = setTimeout(() => {
        if (how === 'done' || clock.monotonic() > awaited.until) this.#settle(id, false)
        else void this.#ask(id)
      }, wait)
    } catch {
      this.#settle(id, false)
    }
  }

  /** This node fetches it. */
  #begin(id: string, key: string, moment: Moment | null): void {
    if (moment !== null && this.#awaited.has(id)) {
      this.#fetched.set(id, { key, moment, isDone: false, until: Infinity })
      return this.#settle(id, false)
    }
    void this.#end(id, false, key)
    this.#settle(id, false)
  }

  async #end(id: string, isStored: boolean, known?: string): Promise<void> {
    const key = known ?? this.#fetched.get(id)?.key
    const { keys } = this.#parts
    const state = isStored ? 'done' : 'free'
    try {
      const args = [...this.#self, state, GIVEN_FOR, keys.news, id]
      const isWanted = await this.#run('claim-end', [this.#claimOf(key ?? '', id)], args)
      if (isWanted === 1) this.#offer(id)
    } catch {
      // The claim runs out by itself.
    }
  }

  /** Another node wants what this one has fetched. */
  #offer(id: string): void {
    const fetched = this.#fetched.get(id)
    if (fetched === undefined || !fetched.isDone) return
    const { key, moment } = fetched
    const { keys, host } = this.#parts
    const carried = host.carry(key)
    if (carried === undefined) {
      this.#fetched.delete(id)
      return void this.#end(id, false, key)
    }
    const text = JSON.stringify({ ...carried, moment })
    this.#run('offer', [this.#recordOf(key, id)], [text, OFFERED_FOR, keys.news, id]).catch(() => {})
  }

  /** Stores what another node has fetched, unless it may be older than a purge that is carried out here. */
  async #take(id: string): Promise<void> {
    const awaited = this.#awaited.get(id)
    if (awaited === undefined) return
    const { host, moment } = this.#parts
    try {
      const text = await this.#run('take', [this.#recordOf(awaited.key, id)], [])
      if (this.#awaited.get(id) !== awaited) return
      const carried = typeof text === 'string' ? (JSON.parse(text) as Carried & { moment: Moment }) : undefined
      const here = moment()
      const isYoung =
        carried !== undefined && here !== null && here.log === carried.moment.log && here.seq <= carried.moment.seq
      this.#settle(id, isYoung && host.takeIn(awaited.key, carried))
    } catch {
      this.#settle(id, false)
    }
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

  get #self(): [string, string] {
    return [this.#parts.name, this.#parts.incarnation]
  }

  #run: Link['run'] = (name, keys, args) => this.#parts.link.run(name, keys, args)

  #claimOf = (key: string, id: string): string => this.#parts.keys.claim(siteOf(key), id)
  #recordOf = (key: string, id: string): string => this.#parts.keys.record(siteOf(key), id)

  #idOf(key: string): string | undefined {
    const shared = this.#parts.host.sharedAs(key)
    if (shared === undefined) return undefined
    return createHash('sha256').update(shared).update('\n').update(key, 'latin1').digest('base64url').slice(0, 32)
  }
}

/** Keys begin with the site's name (store/keys.ts). */
const siteOf = (key: string): string => key.split(' ', 1)[0]!
