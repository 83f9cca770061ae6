// What the cache room is made of: its ways to the store, to core and to the clock.

import type { Clock } from '../base/clock.ts'
import type { Hazards } from '../store/hazards.ts'
import type { StoreIndex } from '../store/index.ts'
import type { ReasonCode } from '../reasons.ts'
import type { CoreStore, Keeper } from './keeper.ts'

/** What the cache says to core about a flight that others wait for, and asks of it about the store. */
export interface CoreCache extends CoreStore {
  /** The head of the flight `ask` has come: others may have the response, or go their own way for `hitForMiss` seconds. */
  head(ask: number, isStorable: boolean, hitForMiss: number): void
  /** The flight is over; `published` tells whether those who wait find its response in the store, `reason` why not. */
  end(ask: number, published: boolean, reason?: ReasonCode): void
  /** Settles once a storable response that is just coming for this flight is in the store: at once where none is, soon anyway. */
  landing(flight: string): Promise<void>
  /** Settles when the keys, with all their variants, are out of the index; soon also when core is away. */
  invalidate(keys: string[]): Promise<void>
}

export interface CacheDeps {
  index: StoreIndex
  hazards: Hazards
  core: CoreCache
  clock: Clock
  /** The largest body that is stored, bytes. */
  maxBody(): number
}

/** The deps, and what is made of them once. */
export interface Cache extends CacheDeps {
  keeper: Keeper
}
