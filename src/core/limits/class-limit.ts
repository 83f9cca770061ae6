// The limit of one class of requests at one origin. Pages and a search there may wait for different things, so that one
// number for both would be found out from the mean of them. A class is left alone while it fares well: the limit of the
// origin and its share of that hold. It gets a limit of its own, at what it has in flight, when one of these is so:
//
//   s > 2·base while somebody of it waits      what more it is given only stands in line behind itself
//   time-outs, resets and 5xx > 5%             what fails is held back where it fails
//
// From there on its own Limit decides, of what is seen of the class alone, until nobody of it has waited for ten seconds.

import type { Limit, Look } from './limit.ts'
import { NO_SAMPLES, merged, momentsOf } from './moments.ts'
import type { Moments } from './moments.ts'

/** Answers that tell something, and milliseconds after which fewer have to. */
const FEWEST = 10
const LONGEST = 8_000
const SLOWER = 2
/** Milliseconds that nobody feels. */
const SLACK = 10
const FAILURES = 0.05
/** Failures that are no chance. */
const FEW_FAILURES = 3
/** Share of the time in which somebody of the class waited. */
const PRESSED = 0.5
/** The base rises by so much each time, or it would be that of the luckiest. */
const FORGETTING = 1.01
/** Milliseconds without anybody waiting after which its own limit is given up. */
const CALM = 10_000
/** Looks in a row that show that the origin has places free, or has none. */
const STEADY = 2
/** A class whose answers take longer than this brings back what was lent to it later than others may wait for it, milliseconds. */
const BRISK = 500

/** How it has fared of late; null while too little is known. */
export type Faring = 'well' | 'failing' | null

export class ClassLimit {
  readonly #make: (start: number, base: number) => Limit
  #own: Limit | null = null
  /** What has been seen since it was judged last. */
  #times: Moments = NO_SAMPLES
  #failed = 0
  #waited = 0
  #since: number | null = null
  #base = Infinity
  /** Of the last look in which something ended, milliseconds. */
  #mean = Infinity
  #endedAt = -Infinity
  #calmSince: number | null = null
  #isRoomy = false
  #otherwise = 0
  #before = -Infinity
  faring: Faring = null
  /** Requests in flight at the last look. */
  inFlight = 0

  /** `make` gives it a limit of its own, from where it is to begin and how long answers take while nothing queues, milliseconds. */
  constructor(make: (start: number, base: number) => Limit) {
    this.#make = make
  }

  /** What it may have in flight; Infinity while it is left alone. */
  get value(): number {
    return this.#own?.value ?? Infinity
  }

  /**
   * Whether places that are lent to it come back soon: it is not so while its answers take long, or do not come, nor before that
   * is known.
   */
  get isBrisk(): boolean {
    return this.#mean <= BRISK
  }

  /** Takes in what was seen of the class. `spare`: places that the origin has free. */
  observe(look: Look, spare: number): void {
    this.inFlight = look.inFlight
    this.#time(look)
    this.#gather(look)
    const passed = look.now - this.#since!
    const isDue = this.#times.n + this.#failed >= FEWEST || passed >= LONGEST
    const isIll = isDue && this.#judge(look.now, passed)
    if (this.#own !== null) this.#follow(this.#own, look, spare)
    // A single one at a time is no crowd: it is not made faster by letting in fewer.
    else if (isIll && look.inFlight > 1) this.#own = this.#make(Math.round(look.inFlight), this.#base)
  }

  #time({ now, firstBytes, inFlight, bad }: Look): void {
    const { n, mean } = momentsOf(firstBytes, Infinity)
    if (n + bad > 0 || inFlight === 0) this.#endedAt = now
    if (n > 0) this.#mean = mean
    if (now - this.#endedAt >= BRISK) this.#mean = Infinity
  }

  #gather({ now, firstBytes, bad, timeouts, resets, waited }: Look): void {
    this.#since ??= now
    this.#times = merged(this.#times, momentsOf(firstBytes, Infinity), Infinity)
    this.#failed += bad + timeouts + resets
    if (this.#before > -Infinity) this.#waited += waited * (now - this.#before)
    this.#before = now
  }

  /** What has been seen by now; true where it is slow, or fails. */
  #judge(now: number, passed: number): boolean {
    const { n, mean } = this.#times
    const isFailing = this.#failed >= FEW_FAILURES && this.#failed > FAILURES * (this.#failed + n)
    const isPressed = this.#waited >= PRESSED * passed
    const isSlow = n > 0 && isPressed && mean > SLACK + SLOWER * this.#base
    this.faring = n + this.#failed === 0 ? null : isFailing ? 'failing' : 'well'
    if (n > 0) this.#base = Math.min(FORGETTING * this.#base, mean)
    this.#times = NO_SAMPLES
    this.#failed = this.#waited = 0
    this.#since = now
    return isSlow || isFailing
  }

  #follow(own: Limit, look: Look, spare: number): void {
    if (look.waited > 0) this.#calmSince = null
    else this.#calmSince ??= look.now
    if (this.#calmSince !== null && look.now - this.#calmSince >= CALM) {
      this.#own = null
      return
    }
    this.#lookForRoom(own, spare)
    own.observe(look)
  }

  /** Others have left places free, which they had before: that is the moment to see whether more brings more. */
  #lookForRoom(own: Limit, spare: number): void {
    if (spare > 0 === this.#isRoomy) this.#otherwise = 0
    else if (++this.#otherwise >= STEADY) {
      this.#isRoomy = spare > 0
      this.#otherwise = 0
      if (this.#isRoomy) own.roomier?.()
    }
  }
}
