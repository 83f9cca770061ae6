// What waits to be written to disk, in order, with a bound: the disk may be slower than the sites. A record that finds no
// room is left out, which costs a miss after a restart; what says that records are gone may not be left out.

/** A frame, and what to note of it once it is written; or somebody who waits until all before is written. */
export type Item = { frame: Buffer; record: Written | null } | { done: () => void; durable: boolean }

export interface Written {
  ref: number
  serial: number
  hash: number
}

export interface Batch {
  frames: Buffer[]
  records: Written[]
  removals: boolean
  durable: boolean
  done: (() => void)[]
}

export class Queue {
  readonly #bound: number
  #items: Item[] = []
  #bytes = 0
  #removalBytes = 0

  /** `bound` in bytes. */
  constructor(bound: number) {
    this.#bound = bound
  }

  get isEmpty(): boolean {
    return this.#items.length === 0
  }

  /** Is there room for a record of so many bytes? One always finds room where nothing waits. */
  hasRoom(bytes: number): boolean {
    return this.#bytes === 0 || this.#bytes + bytes <= this.#bound
  }

  /** Removals alone would fill it: the disk stands still. */
  get isOverrun(): boolean {
    return this.#removalBytes > this.#bound
  }

  add(item: Item): void {
    this.#items.push(item)
    if (!('frame' in item)) return
    this.#bytes += item.frame.length
    if (item.record === null) this.#removalBytes += item.frame.length
  }

  /** The next items, up to about so many bytes. */
  take(bytes: number): Batch {
    const batch: Batch = { frames: [], records: [], removals: false, durable: false, done: [] }
    let next = 0
    for (let taken = 0; next < this.#items.length && taken < bytes;) {
      const item = this.#items[next++]!
      if ('done' in item) {
        batch.done.push(item.done)
        batch.durable ||= item.durable
        continue
      }
      batch.frames.push(item.frame)
      const { length } = item.frame
      if (item.record === null) {
        batch.removals = true
        this.#removalBytes -= length
      } else batch.records.push(item.record)
      taken += length
      this.#bytes -= length
    }
    this.#items.splice(0, next)
    return batch
  }

  /** Forgets all frames; hands back those who wait. */
  clear(): (() => void)[] {
    const waiting = this.#items.flatMap(item => ('done' in item ? [item.done] : []))
    this.#items = []
    this.#bytes = this.#removalBytes = 0
    return waiting
  }
}
