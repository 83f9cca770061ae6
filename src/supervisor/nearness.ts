// What is near its bound before it is reached: open files, and connections that the kernel has made and nobody has accepted yet.

/** From this share of a bound on it is near, and until it is below the lower one it stays so. */
const NEAR = 0.8
const FAR = 0.6

/** Remembers whether something was near its bound, so that each approach is told once. */
export class Nearness {
  #isNear = false

  /** `near` and `far` when it has just become so; undefined while nothing changes. */
  look(now: number, bound: number): 'near' | 'far' | undefined {
    if (!this.#isNear && now >= bound * NEAR) {
      this.#isNear = true
      return 'near'
    }
    if (this.#isNear && now < bound * FAR) {
      this.#isNear = false
      return 'far'
    }
    return undefined
  }
}
