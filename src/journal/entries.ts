// Which records a file of the log holds: place in memory, serial and hash of the key, 12 bytes each, so that four million
// records take 48 MiB. Off the heap, which is bounded.

const EACH = 3

export class Entries {
  #numbers = new Uint32Array(64 * EACH)
  #count = 0

  get count(): number {
    return this.#count
  }

  /** `ref` is 0 for a record that is not in memory. */
  add(ref: number, serial: number, hash: number): void {
    const at = this.#count++ * EACH
    if (at === this.#numbers.length) {
      const larger = new Uint32Array(at * 2)
      larger.set(this.#numbers)
      this.#numbers = larger
    }
    this.#numbers[at] = ref
    this.#numbers[at + 1] = serial
    this.#numbers[at + 2] = hash
  }

  ref(i: number): number {
    return this.#numbers[i * EACH]!
  }

  serial(i: number): number {
    return this.#numbers[i * EACH + 1]!
  }

  hash(i: number): number {
    return this.#numbers[i * EACH + 2]!
  }
}
