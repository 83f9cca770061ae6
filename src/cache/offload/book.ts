// What is known of the assets of pages that a content delivery network may serve: whether it was seen to serve the same bytes as the
// origin. Each is looked at in the background, a few at a time, and again when a minute is over; what was known holds meanwhile.

import type { Clock } from '../../base/clock.ts'

/** An asset that the network serves as the origin does, with the digest of its bytes; undefined: it does not, or nobody could see. */
export type Seen = { readonly integrity: string } | undefined

/** Milliseconds after which an asset is looked at again. */
const HOLDS_FOR = 60_000
/** Assets remembered by one edge, at about 300 bytes each. */
const MOST = 2000
/** Looks at a time on one edge: two places in the origin's limit at most. */
const AT_ONCE = 2

interface Known {
  seen: Seen
  /** Monotonic milliseconds; undefined while it has never been looked at. */
  at: number | undefined
  looking: Promise<void> | undefined
}

export class AssetBook {
  readonly #clock: Clock
  readonly #known = new Map<string, Known>()
  readonly #waiting: (() => void)[] = []
  #free = AT_ONCE

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** What is known of the asset by this name; begins a look where it is time for one. */
  seen(name: string, look: () => Promise<Seen>): { seen: Seen; settled: Promise<void> | undefined } {
    const known = this.#entry(name)
    if (known === undefined) return { seen: undefined, settled: undefined }
    const isDue = known.at === undefined || this.#clock.monotonic() - known.at > HOLDS_FOR
    if (isDue) known.looking ??= this.#look(known, look)
    return { seen: known.seen, settled: known.at === undefined ? known.looking : undefined }
  }

  /** Undefined where the book is full of looks that have not ended. */
  #entry(name: string): Known | undefined {
    const known = this.#known.get(name)
    if (known !== undefined) return known
    if (this.#known.size >= MOST && !this.#dropOldest()) return undefined
    const made: Known = { seen: undefined, at: undefined, looking: undefined }
    this.#known.set(name, made)
    return made
  }

  #dropOldest(): boolean {
    for (const [name, { looking }] of this.#known) {
      if (looking !== undefined) continue
      return this.#known.delete(name)
    }
    return false
  }

  async #look(known: Known, look: () => Promise<Seen>): Promise<void> {
    await this.#turn()
    try {
      known.seen = await look().catch(() => undefined)
    } finally {
      known.at = this.#clock.monotonic()
      known.looking = undefined
      this.#next()
    }
  }

  #turn(): Promise<void> | void {
    if (this.#free > 0) {
      this.#free--
      return
    }
    return new Promise(resolve => this.#waiting.push(resolve))
  }

  #next(): void {
    const waiting = this.#waiting.shift()
    if (waiting === undefined) this.#free++
    else waiting()
  }
}
