// What is taken out of the store by word of an operator or an edge: out of the index or marked there, out of what is in
// flight, out of the copy on disk. An operator hears that it is done when every edge has said so, and the disk has it.

import type { Clock } from '../base/clock.ts'
import type { PurgedTags } from '../store/purged-tags.ts'
import { JOURNAL_ROW } from './copies.ts'
import type { Copies } from './copies.ts'
import type { Epochs } from './epochs.ts'
import { bytesOf } from './flight.ts'
import type { Flights } from './flights.ts'
import type { Shelf } from './shelf.ts'

/** An edge acknowledges within milliseconds; one that has not after this long hangs, and the operator is told so. */
const ACKNOWLEDGED_WITHIN = 5000

/** How a purge ended: what was purged, null where nobody counts it; the edges that have acknowledged it, and those that have not in time. */
export interface Purged {
  purged: number | null
  edges: number
  silent: number
}

interface Waiting {
  epoch: number
  until: number
  done: (edges: number, silent: number) => void
}

export interface PurgingParts {
  clock: Clock
  shelf: Shelf
  flights: Flights
  copies: Copies
  epochs: Epochs
  tags: PurgedTags
}

export class Purging {
  readonly #parts: PurgingParts
  #waiting: Waiting[] = []
  #isSweeping = false

  constructor(parts: PurgingParts) {
    this.#parts = parts
  }

  /** Does anybody wait for edges? */
  get isWaiting(): boolean {
    return this.#waiting.length > 0
  }

  /** Purges what lies under keys that begin so; what is being fetched for them now is not stored. */
  purge(below: readonly string[], isSoft: boolean, done: (how: Purged) => void): void {
    const { flights, shelf } = this.#parts
    for (const prefix of below) flights.invalidateBelow(prefix)
    shelf.purge(below.map(bytesOf), isSoft, count => this.#settle(count, done))
  }

  /** The same for single URLs, each given by its keys. `purged` is how many of them had something stored. */
  purgeKeys(urls: readonly string[][], isSoft: boolean, done: (how: Purged) => void): void {
    const { flights, shelf } = this.#parts
    const count = (isStored: boolean[]): number => {
      let at = 0
      return urls.filter(keys => isStored.slice(at, (at += keys.length)).includes(true)).length
    }
    const keys = urls.flat()
    if (!isSoft) return this.#settle(count(keys.map(key => this.takeOut([key]))), done)
    flights.invalidate(keys)
    shelf.soften(keys.map(bytesOf), isStored => this.#settle(count(isStored), done))
  }

  /**
   * Purges whatever has a tag of one of these hashes: one entry in a table each, however much it is. What is being fetched now
   * and turns out to have one is not stored (core.ts). How much there was nobody counts.
   */
  purgeTags(hashes: readonly number[], isSoft: boolean, done: (how: Purged) => void): void {
    this.noteTags(hashes, isSoft)
    this.#settle(null, done)
  }

  /** The same without an answer. */
  noteTags(hashes: readonly number[], isSoft: boolean): void {
    const { tags, copies } = this.#parts
    tags.purge(hashes, isSoft)
    copies.tagged(hashes, isSoft)
    this.#sweep()
  }

  /** Takes what is stored under these primary keys out, on disk too; false when none of it was in memory. */
  takeOut(keys: string[]): boolean {
    const { flights, shelf, copies } = this.#parts
    const stored = keys.map(key => shelf.invalidate(bytesOf(key)))
    flights.invalidate(keys)
    copies.removed(keys)
    return stored.includes(true)
  }

  /** Time has passed: whoever waits for edges may have waited long enough. */
  turn(): void {
    if (this.#waiting.length === 0) return
    const now = this.#parts.clock.monotonic()
    const { epochs } = this.#parts
    this.#waiting = this.#waiting.filter(({ epoch, until, done }) => {
      const silent = epochs.missing(epoch).filter(slot => slot !== JOURNAL_ROW)
      if (silent.length > 0 && now < until) return true
      done(epochs.serving.filter(slot => slot !== JOURNAL_ROW).length - silent.length, silent.length)
      return false
    })
  }

  /** Makes room in the table of tags once half of it is used. */
  #sweep(): void {
    const { tags, shelf } = this.#parts
    if (this.#isSweeping || !tags.isHalfFull) return
    this.#isSweeping = true
    const upTo = tags.count
    shelf.sweep(() => {
      tags.forget(upTo)
      this.#isSweeping = false
    })
  }

  #settle(purged: number | null, done: (how: Purged) => void): void {
    const { copies, epochs, clock } = this.#parts
    copies.settle(true, clock.monotonic(), () => {
      const until = clock.monotonic() + ACKNOWLEDGED_WITHIN
      this.#waiting.push({
        epoch: epochs.advance(),
        until,
        done: (edges, silent) => done({ purged, edges, silent }),
      })
      this.turn()
    })
  }
}
