// How a limit gets from the bottom to about where the origin is full, as TCP begins (Jacobson, 1988): each answer that is not
// slow lets one more in, so the limit doubles in the time that an answer takes. It ends when answers are surely slower than
// they were, or fail; then half of that is where Gradient begins. A crowd that comes to an idle origin is let in within seconds.
//
//   somebody waits, and s is not > 1.4·base + 5 ms   → L' = min(2·L, L + answers)
//   s > 1.4·base + 5 ms, or failures > 5%            → over, at what L was when those were sent

import { NO_SAMPLES, errorOf, merged, momentsOf } from './moments.ts'
import type { Moments } from './moments.ts'
import type { Bounds, Look } from './limit.ts'

/** Above what the smallest origin bears, it would never be known how fast that one is. */
const START = 2
/** Answers take so many times as long as at first: as many stand in line as are worked on, or half as many. */
const SLOWER = 1.4
/** Milliseconds that nobody feels: a fast origin is slower by as much for any load of its machine. */
const SLACK = 5
/** Standard errors of that: with few answers, to go too far costs less than to stop too soon. */
const SURE = 0.5
const FAILURES = 0.05
/** Share of a look in which somebody has to wait, or it says nothing of the limit. */
const PRESSED = 0.8
/** Answers that tell how long one takes while nothing queues. */
const FIRST = 4
/** Answers that the base remembers. */
const MEMORY = 300
/** Milliseconds without a single answer after which this is not the way to find out. */
const SILENT = 4_000

interface Raise {
  readonly at: number
  readonly value: number
}

export class SlowStart {
  value: number
  readonly #most: number
  #base: Moments = NO_SAMPLES
  #first: Moments = NO_SAMPLES
  #raises: Raise[]
  #silentSince: number | null = null

  constructor({ least, most }: Bounds) {
    this.#most = most
    this.value = Math.min(most, Math.max(least, START))
    this.#raises = [{ at: -Infinity, value: this.value }]
  }

  /** Takes in what was seen. False when it is over, and `value` is what the origin was last at ease with. */
  observe(look: Look): boolean {
    const { now, firstBytes, bad, timeouts, resets, waited } = look
    const seen = momentsOf(firstBytes, Infinity)
    const failed = bad + timeouts + resets
    if (seen.n === 0) return failed === 0 && !this.#isSilent(now, waited)
    this.#silentSince = null
    if (failed > FAILURES * (failed + seen.n) || this.#isSlow(seen)) {
      this.value = this.#valueAt(now - seen.mean - LOOK)
      return false
    }
    this.#base = merged(this.#base, seen, MEMORY)
    if (this.#first.n < FIRST) this.#first = this.#base
    if (waited >= PRESSED) this.#raise(Math.min(2 * this.value, this.value + seen.n), now)
    return this.value < this.#most
  }

  /** How long answers took from the bottom up, milliseconds. */
  get base(): number {
    return this.#first.n === 0 ? Infinity : this.#first.mean
  }

  #isSilent(now: number, waited: number): boolean {
    if (waited < PRESSED) this.#silentSince = null
    else this.#silentSince ??= now
    return this.#silentSince !== null && now - this.#silentSince >= SILENT
  }

  #isSlow(seen: Moments): boolean {
    const base = this.#base
    if (base.n === 0) return false
    const error = Math.sqrt(relative(seen) + relative(base))
    return seen.mean > SLACK + base.mean * SLOWER * Math.exp(SURE * error)
  }

  #raise(value: number, now: number): void {
    this.value = Math.min(this.#most, value)
    this.#raises = [...this.#raises.slice(-REMEMBERED), { at: now, value: this.value }]
  }

  #valueAt(at: number): number {
    return this.#raises.findLast(raise => raise.at <= at)?.value ?? this.#raises[0]!.value
  }
}

/** From 2 to the most there is are sixteen doublings. */
const REMEMBERED = 32
/** Milliseconds that a look spans. */
const LOOK = 250

/** The square of the relative standard error; a mean of few is less sure than their own spread says. */
const relative = (moments: Moments): number => errorOf(moments) / moments.mean ** 2 + 0.01 / moments.n
