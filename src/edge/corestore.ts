// The cache room's way to core: places, publishing, invalidation and the ends of flights, over the edge's channel. What was
// asked of a core that dies is answered as "no": a place that is not had costs one response that is not stored.

import { counterIndex } from '../board/counters.ts'
import type { CounterName } from '../board/counters.ts'
import type { Plain } from '../cache/policy/coding.ts'
import type { CoreCache } from '../cache/types.ts'
import type { ReasonCode } from '../reasons.ts'
import type { CoreToEdge, EdgeToCore } from '../threads/messages.ts'

/** Milliseconds. Core answers within microseconds, and when the disk has it too where it must; after this nobody waits any longer. */
const PATIENCE = 1000
/** The same where a visitor waits for the last bytes of a page meanwhile: a core that stalls may cost so much, twice. */
const WHILE_A_VISITOR_WAITS = 250

const plainCounters = {
  coded: 'plainCoded',
  forbidden: 'plainForbidden',
  kind: 'plainKind',
  size: 'plainSize',
  busy: 'plainBusy',
  'no-gain': 'plainNoGain',
} as const satisfies Record<Plain, CounterName>

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

  async head(ask: number, storable: boolean, hitForMiss: number, confirm: boolean): Promise<void> {
    const message = (id: number): EdgeToCore => ({ type: 'head', id, storable, hitForMiss, confirm })
    if (confirm) await this.#ask(ask, message, WHILE_A_VISITOR_WAITS)
    else this.#send(message(ask))
  }

  end(ask: number, reason?: ReasonCode): void {
    this.#send({ type: 'end', id: ask, ...(reason === undefined ? {} : { reason }) })
  }

  async place(bytes: number): Promise<number> {
    const ref = await this.#ask(this.#nextId(), id => ({ type: 'place', id, bytes }), WHILE_A_VISITOR_WAITS)
    if (ref === 0) Atomics.add(this.#counters, counterIndex.notStored, 1)
    return ref
  }

  extent(bytes: number): Promise<number> {
    return this.#ask(this.#nextId(), id => ({ type: 'place', id, bytes }), WHILE_A_VISITOR_WAITS)
  }

  coming(ask: number, ref: number): void {
    this.#send({ type: 'coming', id: ask, ref })
  }

  closeComing(refs: number[]): void {
    this.#send({ type: 'close-coming', refs })
  }

  async publish(ask: number, refs: number[]): Promise<void> {
    Atomics.add(this.#counters, counterIndex.stored, 1)
    await this.#ask(ask || this.#nextId(), id => ({ type: 'publish', id, refs }), WHILE_A_VISITOR_WAITS)
  }

  async publishCopy(ref: number): Promise<void> {
    Atomics.add(this.#counters, counterIndex.compressed, 1)
    await this.#ask(this.#nextId(), id => ({ type: 'publish', id, refs: [ref] }), PATIENCE)
  }

  countPlain(why: Plain): void {
    Atomics.add(this.#counters, counterIndex[plainCounters[why]], 1)
  }

  countOverBound(): void {
    Atomics.add(this.#counters, counterIndex.overBound, 1)
  }

  countDamaged(): void {
    Atomics.add(this.#counters, counterIndex.damagedBodies, 1)
  }

  countProof(isArmed: boolean): void {
    Atomics.add(this.#counters, isArmed ? counterIndex.copiesProven : counterIndex.copiesRefused, 1)
  }

  unplace(ref: number): void {
    this.#send({ type: 'unplace', ref })
  }

  async invalidate(keys: string[], tags: number[] = []): Promise<void> {
    await this.#ask(this.#nextId(), id => ({ type: 'invalidate', id, keys, tags }), PATIENCE)
  }

  /** Takes a message from core. False when it is not for the store. */
  receive(message: CoreToEdge): boolean {
    if (message.type === 'placed') {
      // A place that comes too late for whoever asked goes back.
      if (!this.#settle(message.id, message.ref) && message.ref !== 0) this.unplace(message.ref)
    } else if (message.type === 'done') this.#settle(message.id, 0)
    else return false
    return true
  }

  /** A new core knows nothing of what the old one was asked. */
  reset(): void {
    for (const id of [...this.#open.keys()]) this.#settle(id, 0)
  }

  #ask(id: number, question: (id: number) => EdgeToCore, patience: number): Promise<number> {
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
