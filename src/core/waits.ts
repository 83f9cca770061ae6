// For what share of a time something was so, as that somebody waited: from when it began, when it ended, and when it is asked.

export class Waits {
  #from: number | null = null
  #sum = 0
  #askedAt: number

  /** `now` is monotonic, milliseconds, here and below. */
  constructor(now: number) {
    this.#askedAt = now
  }

  /** It is so from now on, or is not. */
  note(isSo: boolean, now: number): void {
    if (isSo === (this.#from !== null)) return
    if (this.#from !== null) this.#sum += now - this.#from
    this.#from = isSo ? now : null
  }

  /** The share of the time since it was asked last, 0 to 1. */
  take(now: number): number {
    if (this.#from !== null) {
      this.#sum += now - this.#from
      this.#from = now
    }
    const share = this.#sum / Math.max(1, now - this.#askedAt)
    this.#sum = 0
    this.#askedAt = now
    return Math.min(1, share)
  }
}
