// One of the two sides of where a limit stands, up or down: how far the next trial goes there, and when it is due. What
// brought something is followed further, what brought nothing is tried less far, then later.

export const WIDEST = 2
export const NARROWEST = 1.15
/** Rounds at home between two trials that brought nothing, at most. */
const RAREST = 48

export class Side {
  #factor = WIDEST
  #wait = 1
  /** Rounds at home until the next trial; 0 or less: now. */
  due = 0

  above(home: number): number {
    return Math.max(home + 1, Math.round(home * this.#factor))
  }

  /** `most`: the factor to go by at most; less than the narrowest step counts as that. */
  below(home: number, most: number): number {
    return Math.min(home - 1, Math.round(home / Math.min(this.#factor, Math.max(NARROWEST, most))))
  }

  won(): void {
    this.#factor = Math.min(WIDEST, this.#factor ** 2)
    this.#wait = 1
    this.due = 0
  }

  /** `isSteep`: it was so much worse that the best is not far from home. */
  lost(home: number, isSteep = false): void {
    // A step of one is as small as there is.
    const isNarrowest = this.#factor <= NARROWEST || home * (this.#factor - 1) <= 1
    if (isNarrowest) this.#wait = Math.min(RAREST, 2 * this.#wait)
    else this.#factor = Math.max(NARROWEST, this.#factor ** (isSteep ? 1 / 4 : 1 / 2))
    this.due = this.#wait
  }

  /** It went to the other side: what was found out about this one was elsewhere. */
  turn(): void {
    this.#wait = 1
    this.due = 2
  }

  reset(): void {
    this.#factor = WIDEST
    this.#wait = 1
    this.due = 0
  }
}
