// The limit that finds itself (`auto`). It stands where the origin begins to queue: a pool that is full answers later, and
// by Little's law it then completes no more. Each limit is a trial that lasts until the evidence is enough:
//
//   s: mean time to first byte under this limit    b: the same while the origin queues nothing (base)    X: good answers a second
//   s > 1.15·b + 2 ms (and more while our own threads are late), surely         → L' = inflight · max(1/2, 1.1·b/s); and once inflight has fallen to 0.6 of what it was:
//                                       s hardly fell → the origin is slow by itself: b' = s, and back to where L stood
//   time-outs and resets > 5%, or with 5xx > 5% more than its pages fail anyway → L' = 0.7·L
//   X fell, or a limit half as high again brought less than 5% → back to the L with the best X
//   somebody waited and s is surely below → L' = 2·L until answers came late once, from then on 1.1·L, and not past what
//                                       proved too much before a time that doubles
//   now and then, a trial at 0.7·L → b
//
// b follows only what was measured free of queueing: in such trials, at L = 1, and where less than half of L is in flight.

import type { Bounds, Limit, Look } from './limit.ts'
import { NO_SAMPLES, errorOf, merged } from './moments.ts'
import type { Moments } from './moments.ts'
import { Trial } from './trial.ts'

/** Where it begins. As soon as somebody waits, and nothing is known, the base is measured with one at a time. */
const START = 4
/** One that hangs must not keep all others out: while nothing ends at all, so many are let in one by one. */
const BESIDE_HANGING = 16
/** Milliseconds that a trial lasts at least. */
const SHORTEST = 250
/** A trial without enough samples by then is judged by its failures alone, milliseconds. */
const PATIENT = 5_000
/** Samples that a trial needs, and so many more than L while it climbs: twice what fits answers twice as late. */
const FEWEST = 20
const FEWEST_CLIMBING = 8
/** Twice the limit has to bring so much more, or it is past the knee already. */
const WORTH_DOUBLING = 1.25
/** How much later than the base an answer may come: above it the origin queues. Milliseconds: below that the noise is ours. */
const TOLERANCE = 1.15
const SLACK = 2
/** A single answer counts as no more than so many bases. */
const CAP = 10
/** Samples of the past that the base remembers. */
const MEMORY = 300
/** With so many it is decided by the mean alone. */
const ENOUGH = 120
/** Share of failures that is nobody's fault. */
const FAILURES = 0.05
/** Failing pages of the site's own that are put up with: half of all. */
const MOST_TOLERATED = 0.5
/** A trial for the base costs about 0.3 of its time: one in twenty costs 1.5%. */
const PROBE_EACH = 20
/** Times that a trial lasts before what proved too much is tried again: doubles each time, up to the milliseconds below. */
const WAIT_FIRST = 10
const WAIT_MOST = 160
const WAIT_LONGEST = 30_000
/** And no longer than this for each place: between one and two lies half of everything. */
const WAIT_EACH = 5_500

interface Best {
  value: number
  rate: number
}

export class Gradient implements Limit {
  value: number
  readonly #bounds: Bounds
  #base: Moments = NO_SAMPLES
  #trial: Trial
  /** Up to here it doubles. */
  #climbTo = Infinity
  #isCutting = false
  /** Failures that do not come from load, as a share. */
  #tolerated = 0
  /** Where L and s stood when it began to go down because answers came late. */
  #fall: { value: number; inFlight: number; mean: number } | null = null
  #best: Best | null = null
  /** What proved too much, until when, and for how many trials. */
  #ceiling = Infinity
  #ceilingUntil = 0
  #wait = WAIT_FIRST
  /** The limit to come back to while a trial for the base goes on. */
  #probing: number | null = null
  #probeAt = -Infinity
  /** How late our own threads are, milliseconds: what is slow for that is not the origin's. */
  #ownDelay = 0

  constructor(bounds: Bounds, start = START) {
    this.#bounds = bounds
    this.value = clamp(start, bounds)
    this.#trial = new Trial(-Infinity, Infinity)
  }

  observe(look: Look): void {
    const trial = this.#trial
    trial.add(look)
    this.#ownDelay = look.ownDelay
    if (trial.elapsed < SHORTEST) return
    const isUnknown = this.#base.n === 0 && !this.#isCutting && trial.ended >= FEWEST_CLIMBING
    if (isUnknown && look.waited > 0.5 && this.value > this.#bounds.least)
      return this.#set(this.#bounds.least, look.now)
    const isShort = trial.ended < (this.#isClimbing ? Math.min(FEWEST, FEWEST_CLIMBING + this.value) : FEWEST)
    if (isShort && trial.elapsed < PATIENT) return
    if (trial.ended === 0 && trial.waited > 0.5 && this.value < BESIDE_HANGING)
      return this.#set(this.value + 1, look.now)
    if (this.#isFailing(trial)) return this.#cut(look.now)
    if (!isShort) this.#judge(trial, trial.moments(this.#cap), look.now)
  }

  get #isClimbing(): boolean {
    return 2 * this.value <= this.#climbTo
  }

  get #cap(): number {
    return this.#base.n === 0 ? Infinity : CAP * this.#base.mean + SLACK
  }

  #isFailing({ bad, timeouts, resets, ended }: Trial): boolean {
    if (timeouts + resets > FAILURES * ended) return true
    return timeouts + resets + bad > (FAILURES + this.#tolerated) * ended
  }

  #cut(now: number): void {
    const trial = this.#trial
    if (this.value <= this.#bounds.least) {
      // No load of ours is left that could be the cause.
      this.#tolerated = Math.min(MOST_TOLERATED, trial.bad / trial.ended)
      return this.#begin(now)
    }
    // Cut after cut is one fall: it comes back as far as before the first, and fast for most of the way.
    if (!this.#isCutting) {
      this.#climbTo = 0.7 * (this.#probing ?? this.value)
      this.#stopAt(this.#probing ?? this.value, now)
    }
    // So low, it is not for load that it failed: whatever comes back may be as slow as it likes.
    else if (this.value < 0.5 * this.#climbTo) this.#base = NO_SAMPLES
    this.#isCutting = true
    this.#probing = null
    this.#best = null
    this.#fall = null
    this.#set(Math.floor(0.7 * this.value), now)
  }

  #judge(trial: Trial, seen: Moments, now: number): void {
    this.#isCutting = false
    if (this.#base.n === 0 || this.#isSurelyBelow(seen)) this.#change(seen)
    if (this.#probing !== null) return this.#probed(seen, now)
    if (this.value <= this.#bounds.least) this.#learn(seen)
    // At the least there is nothing of ours that could make it late.
    const late = this.value <= this.#bounds.least ? 'not' : this.#lateness(seen)
    if (this.#fall !== null && this.#hasFallen(seen, now)) return
    if (late === 'surely') return this.#shrink(trial, seen, now)
    // More of the same would not tell more: it may be the base that is wrong.
    if (late === 'unsure') return seen.n > ENOUGH && this.#mayProbe(now) ? this.#probe(now) : undefined
    this.#fall = null
    if (trial.inFlight < this.value / 2) {
      this.#learn(seen)
      return this.#begin(now)
    }
    if (trial.waited < 0.5) return this.#begin(now)
    if (this.#isBeyondBest(trial, now)) return
    if (this.#mayProbe(now)) return this.#probe(now)
    this.#grow(now)
  }

  /** Whether s is above what is tolerated: two standard errors above is sure, one below is surely not. */
  #lateness(seen: Moments): 'surely' | 'unsure' | 'not' {
    const tolerated = TOLERANCE * this.#base.mean + SLACK + this.#ownDelay
    const error = Math.sqrt(errorOf(seen) + TOLERANCE ** 2 * errorOf(this.#base))
    if (this.#isClimbing) return seen.mean - error > tolerated ? 'surely' : 'not'
    if (seen.mean - 2 * error > tolerated) return 'surely'
    if (seen.mean + error < tolerated) return 'not'
    return seen.n > ENOUGH && seen.mean < tolerated ? 'not' : 'unsure'
  }

  #shrink(trial: Trial, seen: Moments, now: number): void {
    const inFlight = trial.waited > 0.9 ? this.value : Math.min(this.value, trial.inFlight)
    this.#fall ??= { value: this.value, inFlight, mean: seen.mean }
    this.#stopAt(this.value, now)
    const share = Math.max(0.5, (1.1 * this.#base.mean + SLACK) / seen.mean)
    this.#climbTo = Math.min(this.value - 1, Math.floor(inFlight * share))
    this.#set(this.#climbTo, now)
  }

  /** Has less in flight made answers faster? If not, the origin is slow by itself, and this is the base now. */
  #hasFallen(seen: Moments, now: number): boolean {
    const { value, inFlight, mean } = this.#fall!
    if (this.value > 0.6 * inFlight && this.value > this.#bounds.least) return false
    this.#fall = null
    if (seen.mean < 0.8 * mean) return false
    this.#change(seen)
    this.#set(value, now)
    return true
  }

  /** Past the knee by what came of it: throughput is what counts in the end, whatever the first bytes say. */
  #isBeyondBest(trial: Trial, now: number): boolean {
    const { value } = this
    const { rate, good } = trial
    const best = this.#best
    if (best === null || value === best.value) {
      this.#best = { value, rate: best === null ? rate : best.rate + (rate - best.rate) * 0.3 }
      return false
    }
    if (value < best.value) {
      if (rate > 0.97 * best.rate) this.#best = { value, rate }
      return false
    }
    if (this.#isClimbing && rate < WORTH_DOUBLING * best.rate) {
      // No ceiling: on so few samples it may have been chance, and step by step it will show.
      this.#climbTo = best.value
      this.#set(best.value, now)
      return true
    }
    if (rate > 1.05 * best.rate) {
      this.#best = { value, rate }
      return false
    }
    const isWorse = rate < best.rate * (0.9 - 1 / Math.sqrt(good))
    if (!isWorse && value < 1.5 * best.value + 1) return false
    this.#climbTo = best.value
    this.#stopAt(value, now)
    this.#set(best.value, now)
    return true
  }

  #grow(now: number): void {
    const next = this.#isClimbing ? 2 * this.value : this.value + Math.max(1, Math.floor(0.1 * this.value))
    if (now < this.#ceilingUntil && next >= this.#ceiling) {
      if (this.value + 1 >= this.#ceiling) return this.#begin(now)
      return this.#set(Math.min(next, this.#ceiling - 1), now)
    }
    if (this.value >= this.#ceiling) {
      this.#ceiling = Infinity
      this.#wait = WAIT_FIRST
    }
    this.#set(next, now)
  }

  /** Not so far again before long. */
  #stopAt(value: number, now: number): void {
    const isAgain = Math.abs(value - this.#ceiling) <= Math.max(1, 0.2 * value)
    this.#wait = isAgain ? Math.min(WAIT_MOST, this.#wait * 2) : WAIT_FIRST
    this.#ceiling = value
    this.#ceilingUntil =
      now + Math.min(WAIT_LONGEST, WAIT_EACH * value, this.#wait * Math.max(SHORTEST, this.#trial.elapsed))
  }

  #mayProbe(now: number): boolean {
    return now >= this.#probeAt && this.value > this.#bounds.least && !this.#isClimbing
  }

  #probe(now: number): void {
    this.#probing = this.value
    this.#set(Math.floor(0.7 * this.value), now)
  }

  #probed(seen: Moments, now: number): void {
    const back = this.#probing!
    this.#probing = null
    this.#learn(seen)
    this.#probeAt = now + PROBE_EACH * (this.#trial.elapsed + seen.mean)
    this.#set(back, now)
  }

  /** Far off, it is another origin than before; near, it is one more piece of evidence. */
  #learn(seen: Moments): void {
    const apart = Math.abs(seen.mean - this.#base.mean)
    const isOther = apart > 0.3 * this.#base.mean + SLACK && apart > 3 * Math.sqrt(errorOf(seen) + errorOf(this.#base))
    if (isOther) this.#change(seen)
    else this.#base = merged(this.#base, seen, seen.mean < this.#base.mean ? MEMORY / 5 : MEMORY)
  }

  /** The origin has become slower or faster of itself: what was found out of it before is void. */
  #change(base: Moments): void {
    this.#base = base
    this.#best = null
    this.#ceiling = Infinity
    this.#wait = WAIT_FIRST
  }

  #isSurelyBelow(seen: Moments): boolean {
    return this.#base.mean - seen.mean > 3 * Math.sqrt(errorOf(seen) + errorOf(this.#base))
  }

  #set(value: number, now: number): void {
    this.value = clamp(value, this.#bounds)
    this.#begin(now)
  }

  #begin(now: number): void {
    this.#trial = new Trial(now + Math.min(this.#base.mean, 1000), this.value)
  }
}

const clamp = (value: number, { least, most }: Bounds): number => Math.min(most, Math.max(least, value))
