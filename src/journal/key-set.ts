// Keys that were met while the log is read from its end to its beginning: only the first frame met of each key counts. A
// set of 53-bit hashes in one array, since four million strings would not fit the thread's heap. Two keys with one hash,
// about one chance in a thousand for four million, cost a miss.

import { hashBytes } from '../store/hash.ts'

/** FNV-1a's own beginning, and another. */
const SEEDS = [0x811c9dc5, 0x2f0b4f1d] as const

export class KeySet {
  #slots = new Float64Array(1024)
  #count = 0

  /** False when the key was there already. */
  add(key: Uint8Array): boolean {
    const [high, low] = SEEDS.map(seed => hashBytes(seed, key, 0, key.length) >>> 0) as [number, number]
    const hash = high * 2 ** 21 + (low >>> 11) || 1
    const at = this.#slotOf(hash)
    if (this.#slots[at] !== 0) return false
    this.#slots[at] = hash
    if (++this.#count * 2 > this.#slots.length) this.#grow()
    return true
  }

  #slotOf(hash: number): number {
    const mask = this.#slots.length - 1
    let at = ((hash % 2 ** 32) ^ (hash / 2 ** 21)) & mask
    while (this.#slots[at] !== 0 && this.#slots[at] !== hash) at = (at + 1) & mask
    return at
  }

  #grow(): void {
    const old = this.#slots
    this.#slots = new Float64Array(old.length * 2)
    for (const hash of old) if (hash !== 0) this.#slots[this.#slotOf(hash)] = hash
  }
}
