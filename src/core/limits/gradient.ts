// The limit that finds itself (`auto`): it goes where throughput rises. What is in flight costs a little, so that of two
// limits which bring the same the smaller is better:
//
//   U(L) = ln X(L) − 0.1·ln L     X: good answers a second under the limit L (limits/evidence.ts)
//
// A tenth more in flight has to bring at least a hundredth more answers; so it stops where a pool is full, and before locks
// are fought for. It stands at home, L, and now and then tries L·f or L/f beside it for as long as it takes to be sure:
//
//   U surely higher by half of what it could be at most  → that is home now, and f² the next time
//   U surely lower                                       → back home; √f the next time, and with the smallest f twice as late
//   neither                                              → home once more, and it is judged by the mean of home before and after;
//                                                          where that does not tell either, the smaller of both it is
//
// How far it tries to go down is bounded by what queues: less in flight shortens answers no further than to the base, what they
// take while nothing queues. From the bottom it climbs on less than sure signs, until something was tried in vain.
//
// The origin is compared with itself a moment ago and never with a time long past: what changes by itself (a backup, a
// neighbour, a cache that warms up) changes home and trial alike. Controlled trials as a way to set a rate are from PCC
// (Dong et al., NSDI 2015). Brakes beside it, which do not wait for that:
//
//   time-outs and resets > 5%, or with 5xx > 5% more than its pages fail anyway → L' = 0.7·L
//   times at home surely half as long again as they were                         → L/2 is tried at once

import { NOTHING, evidenceOf, gain, together } from './evidence.ts'
import type { Evidence, Gain } from './evidence.ts'
import type { Bounds, Limit, Look } from './limit.ts'
import { errorOf } from './moments.ts'
import { NARROWEST, Side, WIDEST } from './side.ts'
import { SlowStart } from './slow-start.ts'
import { Trial } from './trial.ts'

/** What a place in flight costs. Where all wait for one thing, this keeps 1 − COST of the best throughput. */
const COST = 0.1
/** One that hangs must not keep all others out: while nothing ends at all, so many are let in one by one. */
const BESIDE_HANGING = 16
/** Milliseconds that a trial lasts at least, and at most while it tells nothing. */
const SHORTEST = 250
const LONGEST = 8_000
/** What was sent under the former limit is in after so many times their mean. */
const SETTLES = 1.5
/** Answers that a trial needs. */
const FEWEST = 10
/** Standard errors that make something sure. */
const SURE = 2
/** As many while it climbs from the bottom: to be wrong once costs less than to be slow. */
const HURRIED = 0.5
/** Answers at home take so many times as long as while nothing queues. */
const MUCH_QUEUES = 1.5
/** A difference is known well enough when its standard error is this share of what the step could bring. */
const PRECISE = 0.2
/** What brings more than this, as a logarithm, cannot well be chance of the moment: it is not compared with home once more. */
const AT_ONCE = 0.25
/** Standard errors that more in flight has to be better by, and share of the step while the origin itself changes. */
const UPWARDS = 1.5
const DRIFTING = 0.3
/** Share of a look in which somebody has to wait, or it says nothing of the limit. */
const PRESSED = 0.8
/** Answers of the past that home remembers, and at least so many for each place. */
const MEMORY = 300
/** The base rises by so much each round, or it would be that of the luckiest. */
const FORGETTING = 1.01
/** A single answer counts as no more than so many times the mean at home. */
const CAP = 10
/** Share of failures that is nobody's fault. */
const FAILURES = 0.05
const DECREASE = 0.7
/** Failing pages of the site's own that are put up with: half of all. */
const MOST_TOLERATED = 0.5
/** Milliseconds that a fall is remembered: so long it does not come back further than 0.7 of where it fell from. */
const FALL_FIRST = 10_000
const FALL_LONGEST = 60_000

interface Tried {
  readonly side: Side
  readonly value: number
  /** Nothing, as long as it goes on. */
  readonly seen: Evidence
}

export class Gradient implements Limit {
  value: number
  readonly #bounds: Bounds
  /** Nothing, once it is over. */
  #start: SlowStart | null
  #trial = new Trial(-Infinity, Infinity)
  /** Where it stands; `value` is another while something is tried. */
  #home: number
  #known: Evidence = NOTHING
  /** The last of it alone. */
  #last: Evidence = NOTHING
  /** Time to first byte while nothing queues, as far as that was seen, milliseconds. */
  #base = Infinity
  /** It was seen with less in flight than at home. */
  #isBaseFromBelow = false
  /** Nothing has been tried in vain yet, since the start or a fall: it is far below what the origin bears. */
  #isClimbing = true
  readonly #up = new Side()
  readonly #down = new Side()
  /** What is being tried, or was and is not judged yet. */
  #tried: Tried | null = null
  /** Failures that do not come from load, as a share. */
  #tolerated = 0
  #isFalling = false
  /** Until then no further than this. */
  #ceiling = Infinity
  #ceilingUntil = 0
  #fall = FALL_FIRST

  /**
   * `start`: where it stood before; without one it begins at the bottom. `base`: the time to first byte while nothing queued, where that is
   * known, milliseconds.
   */
  constructor(bounds: Bounds, start?: number, base = Infinity) {
    this.#bounds = bounds
    this.#base = base
    this.#start = start === undefined ? new SlowStart(bounds) : null
    this.value = this.#home = this.#clamp(start ?? this.#start!.value)
  }

  get isSeeking(): boolean {
    return this.#start !== null
  }

  roomier(): void {
    this.#up.reset()
  }

  observe(look: Look): void {
    if (this.#start !== null) return this.#begins(this.#start, look)
    const trial = this.#trial
    trial.add(look, PRESSED)
    if (trial.passed < SHORTEST) return
    if (trial.ended >= FEWEST || trial.passed >= LONGEST) {
      if (isFailing(trial, this.#tolerated)) return this.#fail(look.now)
    }
    if (trial.ended === 0 && trial.waited > 0.5 && this.value < BESIDE_HANGING && trial.passed >= LONGEST / 2)
      return this.#stay(this.#home + 1, look.now)
    // Nobody has waited for long: what was seen so far may be old by the time that somebody does.
    if (trial.passed >= LONGEST && trial.elapsed < 0.5 * trial.passed) return this.#begin(this.value, look.now)
    if (trial.good < FEWEST || trial.elapsed < SHORTEST) return
    const seen = evidenceOf(trial, CAP * this.#known.times.mean || Infinity)
    if (this.#tried !== null && this.value === this.#tried.value) this.#try(seen, look.now)
    else this.#atHome(seen, look.now)
  }

  #begins(start: SlowStart, look: Look): void {
    const goesOn = start.observe(look)
    this.value = start.value
    if (goesOn) return
    this.#start = null
    this.#stay(start.value, look.now)
    this.#base = start.base
    // Twice as much has just been tried.
    this.#up.lost(this.#home)
  }

  /** While something is tried: is it known by now? */
  #try(seen: Evidence, now: number): void {
    const { side, value } = this.#tried!
    if (side === this.#down || seen.times.mean < this.#base) this.#base = seen.times.mean
    if (side === this.#down) this.#isBaseFromBelow = true
    const found = this.#gain(seen, value)
    const most = Math.abs(Math.log(value / this.#home))
    if (found.by + SURE * found.error < 0) return this.#lose(side, now, found.by < -0.5 * most)
    // Twice as much in flight cannot bring more than twice as many answers: then it is the origin that has changed.
    const isPlausible = side === this.#down || found.by - found.error < (1 - COST) * most
    const [errors, enough] = this.#isClimbing ? [HURRIED, 0.25 * most] : [SURE, Math.max(0.5 * most, AT_ONCE)]
    if (isPlausible && found.by - errors * found.error > enough) return this.#win(side, seen, now)
    // More of it would not tell more while home itself is less known.
    const isKnown = found.error < PRECISE * most || seen.good > 2 * this.#known.good
    if (isPlausible && !isKnown && this.#trial.elapsed < LONGEST) return
    if (found.by + found.error < 0) return this.#lose(side, now)
    this.#tried = { side, value, seen }
    this.#begin(this.#home, now)
  }

  /** At home: what was tried is judged, then the next is tried when its turn has come. */
  #atHome(seen: Evidence, now: number): void {
    this.#isFalling = false
    const tried = this.#tried
    const error = Math.sqrt(seen.times.variance / seen.times.n) / seen.times.mean
    if (error > 0.15 && this.#trial.elapsed < LONGEST) return
    const change = this.#changeOf(seen)
    this.#base *= FORGETTING
    if (seen.times.mean < this.#base) {
      this.#base = seen.times.mean
      this.#isBaseFromBelow = false
    }
    if (change !== null) {
      this.#known = this.#last = seen
      this.#tried = null
      this.#up.reset()
      this.#down.reset()
      return this.#next(change === 'slower' ? [this.#down, this.#up] : [this.#up, this.#down], now)
    }
    const before = this.#last
    this.#last = seen
    this.#known = together(this.#known, seen, Math.max(MEMORY, 10 * this.#home))
    if (tried !== null) {
      this.#tried = null
      if (this.#isBetter(tried, before, seen)) {
        this.#move(tried.side, tried.value, tried.seen)
        return this.#begin(tried.value, now)
      }
      tried.side.lost(this.#home)
    }
    this.#up.due--
    this.#down.due--
    // Where much queues, less is the likelier to bring something.
    const isUpNext = this.#up.due <= this.#down.due && this.#queued < MUCH_QUEUES
    this.#next(isUpNext ? [this.#up, this.#down] : [this.#down, this.#up], now)
  }

  /** Home has become slower, or faster, by itself. */
  #changeOf(seen: Evidence): 'slower' | 'faster' | null {
    const known = this.#known.times
    if (known.n === 0) return null
    const by = Math.log(seen.times.mean / known.mean)
    const error = Math.sqrt(errorOf(seen.times) / seen.times.mean ** 2 + errorOf(known) / known.mean ** 2)
    if (Math.abs(by) < Math.log(1.5) + 3 * error) return null
    return by > 0 ? 'slower' : 'faster'
  }

  #next(sides: readonly Side[], now: number): void {
    for (const side of sides) {
      if (side.due > 0) continue
      const value = this.#clamp(side === this.#up ? this.#above(side, now) : this.#below(side))
      if (value === this.#home) continue
      this.#tried = { side, value, seen: NOTHING }
      return this.#begin(value, now)
    }
    this.#begin(this.#home, now)
  }

  /**
   * No further down than could bring something: less in flight shortens answers by what queues at most, and beyond that
   * throughput falls as the limit does. Where nothing queues, only an old base is a reason to look.
   */
  #below(side: Side): number {
    const queued = this.#queued
    if (queued < NARROWEST && this.#isBaseFromBelow) return this.#home
    return side.below(this.#home, queued)
  }

  #above(side: Side, now: number): number {
    const above = side.above(this.#home)
    return now < this.#ceilingUntil ? Math.max(this.#home, Math.min(above, this.#ceiling)) : above
  }

  /** What was tried, beside home before and after: is it better? Where it cannot be told, less in flight is. */
  #isBetter({ side, seen, value }: Tried, before: Evidence, after: Evidence): boolean {
    const drift = gain(before, after, this.#base)
    if (Math.abs(drift.by) < drift.error) {
      const { by, error } = this.#gain(seen, value)
      return by > (side === this.#up ? UPWARDS * error : -error)
    }
    // The origin itself is on the move: the mean of both is what home brought meanwhile, or about that.
    const [a, b] = [gain(before, seen, this.#base), gain(after, seen, this.#base)]
    const step = Math.log(value / this.#home)
    const by = (a.by + b.by) / 2 - COST * step
    const error = Math.max(a.error, b.error)
    return by > (side === this.#up ? Math.max(UPWARDS * error, DRIFTING * step) : -error)
  }

  /** By what factor answers at home take longer than while nothing queues; as far as anybody knows, as often as not. */
  get #queued(): number {
    return this.#known.times.n === 0 ? WIDEST : this.#known.times.mean / this.#base
  }

  #gain(seen: Evidence, value: number): Gain {
    const { by, error } = gain(this.#known, seen, this.#base)
    return { by: by - COST * Math.log(value / this.#home), error }
  }

  #win(side: Side, seen: Evidence, now: number): void {
    const { value } = this.#tried!
    this.#tried = null
    this.#move(side, value, seen)
    // It is home already, so there is nothing to wait for.
    this.#next([side], now)
  }

  #move(side: Side, value: number, seen: Evidence): void {
    this.#home = value
    this.#known = this.#last = seen
    this.#isBaseFromBelow = side === this.#up
    side.won()
    ;(side === this.#up ? this.#down : this.#up).turn()
  }

  #lose(side: Side, now: number, isSteep = false): void {
    this.#isClimbing = false
    side.lost(this.#home, isSteep)
    this.#tried = null
    this.#begin(this.#home, now)
  }

  #fail(now: number): void {
    const { side } = this.#tried ?? {}
    if (side === this.#up && this.value > this.#home) return this.#lose(side, now)
    if (this.#home <= this.#bounds.least) {
      // No load of ours is left that could be the cause.
      const { bad, ended } = this.#trial
      this.#tolerated = Math.min(MOST_TOLERATED, bad / ended)
      return this.#begin(this.#home, now)
    }
    if (!this.#isFalling) {
      this.#fall = now < this.#ceilingUntil + this.#fall ? Math.min(FALL_LONGEST, 2 * this.#fall) : FALL_FIRST
      this.#ceiling = Math.max(1, Math.floor(DECREASE * this.#home))
      this.#ceilingUntil = now + this.#fall
    } else if (this.#home < 0.5 * this.#ceiling) this.#ceilingUntil = 0 // So low, it is not for load that it failed.
    this.#isFalling = true
    this.#isClimbing = true
    this.#up.reset()
    this.#down.reset()
    this.#stay(Math.floor(DECREASE * this.#home), now)
  }

  /** Home is elsewhere, and nothing is known of it. */
  #stay(value: number, now: number): void {
    this.#home = this.#clamp(value)
    this.#known = this.#last = NOTHING
    this.#base = Infinity
    this.#tried = null
    this.#begin(this.#home, now)
  }

  #begin(value: number, now: number): void {
    // What was sent under the former limit has to be in first.
    const mean = Math.max(this.#known.times.mean, this.#trial.moments(CAP * this.#known.times.mean || Infinity).mean)
    const settles = value === this.value ? 0 : Math.min(SETTLES * mean, LONGEST)
    this.value = value
    this.#trial = new Trial(now + settles, value)
  }

  #clamp(value: number): number {
    const { least, most } = this.#bounds
    return Math.min(most, Math.max(least, value))
  }
}

function isFailing({ bad, timeouts, resets, ended }: Trial, tolerated: number): boolean {
  if (timeouts + resets > FAILURES * ended) return true
  return timeouts + resets + bad > (FAILURES + tolerated) * ended
}
