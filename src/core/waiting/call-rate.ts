// How many visitors are called in a second, as measured while somebody waits: what estimates are made of. Where it was set, that is
// what is expected at first, and what was measured outweighs it after a few seconds. Where it finds itself nobody is told
// anything before something was measured: a guess that is three times too low would send people away.

/** Seconds looked back on at most: a change of pace shows in estimates after half of it. */
const WINDOW = 60
/** Calls that tell the pace well enough, lately. */
const ENOUGH = 30
/** A pace that has grown by more than this factor still grows, unless it did so for so many seconds. */
const RISING = 1.3
const RISES = 20
/** What was set counts like so many seconds of measuring. */
const TRUST = 5
/** Something is known after so many seconds and so many calls, or after a whole window. */
const SECONDS = 6
const CALLS = 8

export class CallRate {
  /** Called in each of the last seconds, the newest last. Empty while nobody waits. */
  readonly #seconds: number[] = []
  #now = 0
  #begun = false

  called(count: number): void {
    this.#now += count
  }

  /**
   * A second is over; `isBusy` if somebody still waits who may be called. Visitors a second; 0 while it is not known. `expected`:
   * what was set, where it was.
   */
  second(isBusy: boolean, expected: number | null): number {
    // What was called at once when the room was empty says nothing of the pace later.
    if (isBusy && this.#begun) this.#seconds.push(this.#now)
    if (!isBusy) this.#seconds.length = 0
    this.#begun = isBusy
    this.#now = 0
    if (this.#seconds.length > WINDOW) this.#seconds.shift()
    return expected === null ? this.#measured() : this.#blended(expected)
  }

  /** By the youngest third of what was seen, or as much more as tells enough: at first the pace rises. */
  #measured(): number {
    const { length } = this.#seconds
    const third = Math.floor(length / 3)
    let from = length - third
    const isRising = mean(this.#seconds.slice(from)) > RISING * mean(this.#seconds.slice(from - third, from))
    while (from > 0 && sum(this.#seconds.slice(from)) < ENOUGH) from--
    const counted = this.#seconds.slice(from)
    const isKnown = length >= SECONDS && sum(counted) >= CALLS && (!isRising || length >= RISES)
    return isKnown || length === WINDOW ? mean(counted) : 0
  }

  #blended(expected: number): number {
    return (sum(this.#seconds) + expected * TRUST) / (this.#seconds.length + TRUST)
  }
}

const mean = (counts: readonly number[]): number => sum(counts) / Math.max(1, counts.length)

const sum = (counts: readonly number[]): number => counts.reduce((total, each) => total + each, 0)
