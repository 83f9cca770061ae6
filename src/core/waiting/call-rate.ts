// How many visitors are called in a second, as measured while somebody waits: what estimates are made of. At first it is
// what is expected; what was measured outweighs that after a few seconds.

/** Seconds looked back on: a change of pace shows in estimates after half of it. */
const WINDOW = 60
/** The expectation counts like so many seconds of measuring. */
const TRUST = 5

export class CallRate {
  /** Called in each of the last seconds, the newest last. Empty while nobody waits. */
  readonly #seconds: number[] = []
  #now = 0

  called(count: number): void {
    this.#now += count
  }

  /** A second is over; `isBusy` if somebody still waits. Visitors a second. */
  second(isBusy: boolean, expected: number): number {
    // What was called at once when the room was empty says nothing of the pace later.
    if (isBusy && this.#seconds.length > 0) this.#seconds.push(this.#now)
    else if (isBusy) this.#seconds.push(expected)
    else this.#seconds.length = 0
    this.#now = 0
    if (this.#seconds.length > WINDOW) this.#seconds.shift()
    const sum = this.#seconds.reduce((total, each) => total + each, 0)
    return (sum + expected * TRUST) / (this.#seconds.length + TRUST)
  }
}
