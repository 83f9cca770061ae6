// Leases: for how long edges may serve a stale response without asking, because it is being refreshed or the origin ails.

import type { Clock } from '../base/clock.ts'
import type { Ref } from '../threads/messages.ts'
import { bytesOf, primaryKey } from './flight.ts'
import type { Flight } from './flight.ts'

/** Milliseconds: renewed four times in its length while there is reason, and soon over when core dies. */
const LEASE = 1000

/** What flights need of the store. */
export interface FlightStore {
  lease(ref: Ref, key: Uint8Array, until: number): void
  /** Of the record under this key; 0 for none. */
  serialOf(key: Uint8Array): number
  markNotStorable(key: Uint8Array, now: number, until: number): void
}

export class Leases {
  readonly #store: FlightStore
  readonly #clock: Clock

  constructor(store: FlightStore, clock: Clock) {
    this.#store = store
    this.#clock = clock
  }

  grant(stale: Ref, key: string): void {
    if (stale !== 0) this.#store.lease(stale, bytesOf(primaryKey(key)), this.#clock.now() + LEASE)
  }

  renew({ leased, key }: Flight): void {
    this.grant(leased, key)
  }
}
