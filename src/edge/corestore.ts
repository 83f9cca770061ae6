// The cache room's way to core: places, publishing, invalidation and the ends of flights, over the edge's channel. What was
// asked of a core that dies is answered as "no": a place that is not had costs one response that is not stored.

import { counterIndex } from '../board/counters.ts'
import type { CoreCache } from '../cache/types.ts'
import type { ReasonCode } from '../reasons.ts'
import type { CoreToEdge, EdgeToCore } from '../threads/messages.ts'

/** Core answers within microseconds, or when room was made; after this, milliseconds, nobody waits any longer. */
const PATIENCE = 1000
/** What has all come is in the store within a few milliseconds; what is still on its way is not waited for much longer. */
const LANDING_PATIENCE = 100

export class CoreStoreLink implements CoreCache {
  readonly #send: (message: EdgeToCore) => void
  readonly #nextId: () => number
  readonly #open = new Map<number, (ref: number) => void>()

  readonly #counters: Int32Array

  /** `nextId` gives numbers that no other question of this edge has; `counters` is the edge's row of the board. */
  constructor(send: (message: EdgeToCore) => void, nextId: () => number, counters: Int32Array) {
    this.#send = send
    this.#counters = counters
    this.#nextId = nextId
  }

  head(ask: number, isStorable: boolean, hitForMiss: number): void {
    this.#send({ type: 'head', id: ask, storable: isStorable, hitForMiss })
  }

  end(ask: number, published: boolean, reason?: ReasonCode): void {
    this.#send({ type: 'end', id: ask, published, ...(reason === undefined ? {} : { reason }) })
  }

  async place(bytes: number): Promise<number> {
    const ref = await this.#ask(id => ({ type: 'place', id, bytes }))
    if (ref === 0) Atomics.add(this.#counters, counterIndex.notStored, 1)
    return ref
  }

  publish(ask: number, refs: number[]): void {
    Atomics.add(this.#counters, counterIndex.stored, 1)
    this.#send({ type: 'publish', id: ask === 0 ? this.#nextId() : ask, refs })
  }

  unplace(ref: number): void {
    this.#send({ type: 'unplace', ref })
  }

  async invalidate(keys: string[]): Promise<void> {
    await this.#ask(id => ({ type: 'invalidate', id, keys }))
  }

  async landing(key: string): Promise<void> {
    await this.#ask(id => ({ type: 'landing', id, key }), LANDING_PATIENCE)
  }

  /** Takes a message from core. False when it is not for the store. */
  receive(message: CoreToEdge): boolean {
    if (message.type === 'placed') {
      // A place that comes too late for whoever asked goes back.
      if (!this.#settle(message.id, message.ref) && message.ref !== 0) this.unplace(message.ref)
    } else if (message.type === 'invalidated' || message.type === 'landed') this.#settle(message.id, 0)
    else return false
    return true
  }

  /** A new core knows nothing of what the old one was asked. */
  reset(): void {
    for (const id of [...this.#open.keys()]) this.#settle(id, 0)
  }

  #ask(question: (id: number) => EdgeToCore, patience = PATIENCE): Promise<number> {
    const id = this.#nextId()
    return new Promise(resolve => {
      const timer = setTimeout(() => this.#settle(id, 0), patience)
      this.#open.set(id, ref => {
        clearTimeout(timer)
        resolve(ref)
      })
      this.#send(question(id))
    })
  }

  #settle(id: number, ref: number): boolean {
    const done = this.#open.get(id)
    this.#open.delete(id)
    done?.(ref)
    return done !== undefined
  }
}
