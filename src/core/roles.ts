// Which part each visitor has in a flight, by the question that stands for them.

import type { AskId } from '../threads/messages.ts'
import type { Fetcher, Role, Visitor } from './flight.ts'

export class Roles {
  readonly #all = new Map<number, Role>()

  get size(): number {
    return this.#all.size
  }

  /** All there are now, whatever becomes of them meanwhile. */
  get all(): Role[] {
    return [...this.#all.values()]
  }

  of(slot: number, id: AskId): Role | undefined {
    return this.#all.get(askKey(slot, id))
  }

  /** The same, where it is in flight. */
  fetcher(slot: number, id: AskId): Fetcher | undefined {
    const role = this.of(slot, id)
    return role?.as === 'fetcher' ? role : undefined
  }

  set({ slot, id }: Visitor, role: Role): void {
    this.#all.set(askKey(slot, id), role)
  }

  delete({ slot, id }: Visitor): void {
    this.#all.delete(askKey(slot, id))
  }
}

/** One number for a question over all edges: slots are below 64, ids below 2^47. */
const askKey = (slot: number, id: AskId): number => id * 64 + slot
