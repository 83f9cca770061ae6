// What the cache room is made of: its ways to the store, to core and to the clock.

import type { Clock } from '../base/clock.ts'
import type { LargeBodies } from '../large/bodies.ts'
import type { Answer, Exchange } from '../exchange.ts'
import type { AskingForm } from '../html/controls.ts'
import type { Hazards } from '../store/hazards.ts'
import type { StoreIndex } from '../store/index.ts'
import type { ReasonCode } from '../reasons.ts'
import type { RefusedCopies } from './copies.ts'
import type { AssetBook } from './offload/book.ts'
import type { SnapshotReader } from '../snapshot/reader.ts'
import type { Coding } from '../http/codings.ts'
import type { Compressor, CoreCopies } from './compress.ts'
import type { ProofFound } from './proof.ts'
import type { Comings, CoreComings } from './coming/comings.ts'
import type { Purger } from './purge-method.ts'
import type { CoreStore, Keeper } from './keeper.ts'

/** What the cache says to core about a flight that others wait for, and asks of it about the store. */
export interface CoreCache extends CoreStore, CoreCopies, CoreComings {
  /**
   * The head of the flight `ask` has come: others may have the response, or go their own way for `hitForMiss` seconds. With
   * `confirm` it settles when that stands in the place of what was stored; soon also when core is away.
   */
  head(ask: number, isStorable: boolean, hitForMiss: number, confirm: boolean): Promise<void>
  /** The flight is over and has published nothing for those who wait; `reason` where it failed. */
  end(ask: number, reason?: ReasonCode): void
  /** A response was not stored because its key or its header is too long. */
  countOverBound(): void
  /** A stored body on disk is not what was written. */
  countDamaged(): void
  /** A page was fetched twice for a spike, and a copy of it is for everyone, or is not. */
  countProof(isArmed: boolean): void
  /** Settles when the keys, with all their variants, and what has tags of these hashes, are out of the index; soon also when core is away. */
  invalidate(keys: string[], tags?: number[]): Promise<void>
}

export interface CacheDeps {
  index: StoreIndex
  hazards: Hazards
  /** Where large bodies lie. */
  large: LargeBodies
  core: CoreCache
  /** Responses that others follow while they come. */
  comings: Comings
  clock: Clock
  /** For the method PURGE. */
  purger: Purger
  /** Pages out of the snapshots of the sites. */
  snapshots: Pick<SnapshotReader, 'page'>
  /** What the forms of copied pages are signed with. */
  formKey: Uint8Array
  /** Hears what the forms of a page ask of their fields, where a rule of the site wants to know. */
  learn(site: string, forms: readonly AskingForm[]): void
  /** Hears what became of each answer of an origin to a request for the store. */
  decided(exchange: Exchange, answer: Answer, reason: ReasonCode, isStored: boolean): void
  /** Hears what came of each proof of a copy for everyone. */
  proved(found: ProofFound): void
  /** The largest body that is stored, bytes. */
  maxBody(): number
  /** Those that stored responses are compressed by; none: they are sent as they came. */
  codings(): readonly Coding[]
}

/** The deps, and what is made of them once. */
export interface Cache extends CacheDeps {
  keeper: Keeper
  refusedCopies: RefusedCopies
  /** What a content delivery network serves as the origin does. */
  assets: AssetBook
  compressor: Compressor
}
