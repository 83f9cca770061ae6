// A bound on bytes, counted down and up again. One quota may lie inside another, so that downloads cannot take the room
// of uploads while both stay within the whole.

export class Quota {
  readonly #within: Quota | null
  readonly #bound: number
  #used = 0

  /** `bound` in bytes; what is taken here is taken from `within` too. */
  constructor(bound: number, within: Quota | null = null) {
    this.#bound = bound
    this.#within = within
  }

  /** True, and counted, when so many bytes fit. */
  take(bytes: number): boolean {
    if (this.#used + bytes > this.#bound) return false
    if (this.#within !== null && !this.#within.take(bytes)) return false
    this.#used += bytes
    return true
  }

  give(bytes: number): void {
    this.#used -= bytes
    this.#within?.give(bytes)
  }

  get used(): number {
    return this.#used
  }

  get bound(): number {
    return this.#bound
  }
}
