// Edges that wait for a place in the store. Mostly there is one at once, from the reserve. Otherwise records are evicted and
// the question waits until their places may be used again, but not for long: an edge answers its visitor in any case, and
// one response that is not stored does little harm.

import type { Config } from '../config/types.ts'
import type { AskId, Ref } from '../threads/messages.ts'
import type { Shelf } from './shelf.ts'

/** Header, key and field lines of a record besides its body: the bounds for a head are far below. */
export const MOST_BESIDE_BODY = 1024 * 1024

/** Milliseconds between two looks while an edge waits for a place: an epoch takes about as long. */
export const PULSE_PLACING = 2
/** Milliseconds: some twenty times what an epoch takes between idle threads. */
const MAX_WAIT = 100
/** Questions that wait; one more is refused. An edge asks once for each response it fetches, so the origin's limit bounds them too. */
const MAX_WAITING = 4096
/** How often room is made for one question: others may take what was freed for it. */
const MAX_TRIES = 3

interface Waiting {
  slot: number
  id: AskId
  bytes: number
  until: number
  tries: number
}

export class Placing {
  readonly #shelf: Shelf
  readonly #answer: (slot: number, id: AskId, ref: Ref) => void
  #waiting: Waiting[] = []
  /** Bytes of the largest record that is stored. */
  maxBytes: number

  constructor(shelf: Shelf, maxBytes: number, answer: (slot: number, id: AskId, ref: Ref) => void) {
    this.#shelf = shelf
    this.#answer = answer
    this.maxBytes = maxBytes
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** Answers with a place, at once or within MAX_WAIT; with 0 when no room could be made. `now` is monotonic. */
  ask(slot: number, id: AskId, bytes: number, now: number): void {
    if (bytes > Math.min(this.maxBytes, this.#shelf.largest) || this.#waiting.length >= MAX_WAITING) {
      this.#answer(slot, id, 0)
      return
    }
    const ref = this.#shelf.take(slot, bytes)
    if (ref !== 0) {
      this.#answer(slot, id, ref)
      return
    }
    this.#shelf.makeRoom(bytes)
    this.#waiting.push({ slot, id, bytes, until: now + MAX_WAIT, tries: 1 })
  }

  /** Places have become free (`freed`), or time has passed. */
  turn(freed: boolean, now: number): void {
    this.#waiting = this.#waiting.filter(waiting => {
      const ref = freed ? this.#shelf.take(waiting.slot, waiting.bytes) : 0
      if (ref === 0 && now < waiting.until) {
        if (freed && waiting.tries++ < MAX_TRIES) this.#shelf.makeRoom(waiting.bytes)
        return true
      }
      this.#answer(waiting.slot, waiting.id, ref)
      return false
    })
  }

  /** Nobody hears answers for this edge any more. */
  edgeGone(slot: number): void {
    this.#waiting = this.#waiting.filter(waiting => waiting.slot !== slot)
  }
}

/** Bytes by site, where a site has a quota. */
export const quotasOf = ({ sites }: Pick<Config, 'sites'>): Map<string, number> =>
  new Map(sites.flatMap(({ name, store: { quota } }) => (quota === undefined ? [] : [[name, quota] as const])))
