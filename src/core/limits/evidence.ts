// What a limit has brought so far: how many answers a second, and how sure that is. Two of these, of two limits, are
// compared; the rest of the decision follows from how they compare.

import { NO_SAMPLES, merged } from './moments.ts'
import type { Moments } from './moments.ts'
import type { Trial } from './trial.ts'

/** By so much, as a logarithm, throughput and Little's law may disagree before times to first byte are not believed. */
const DISAGREEMENT = 0.25
/** Counts of answers that come in bursts are off by about so much of what is in flight, at either end of the time. */
const BURST = 0.4

/** So many that wait behind each other count as one at most: a base that is much too small must not make everything unsure. */
const MOST_ALIKE = 16

export interface Evidence {
  /** Times to first byte, milliseconds. */
  readonly times: Moments
  /** Good answers. */
  readonly good: number
  /** Milliseconds that it took. */
  readonly elapsed: number
  /** Requests in flight meanwhile, times milliseconds. */
  readonly held: number
}

export const NOTHING: Evidence = { times: NO_SAMPLES, good: 0, elapsed: 0, held: 0 }

/** `cap`: what a single time counts as at most, so that one straggler does not speak for all. */
export function evidenceOf(trial: Trial, cap: number): Evidence {
  const { good, elapsed, held } = trial
  return { times: trial.moments(cap), good, elapsed, held }
}

/** Both together, of the same limit; of the older one at most `memory` answers count. */
export function together(older: Evidence, newer: Evidence, memory: number): Evidence {
  const share = Math.min(1, memory / Math.max(1, older.good))
  return {
    times: merged(older.times, newer.times, memory),
    good: older.good * share + newer.good,
    elapsed: older.elapsed * share + newer.elapsed,
    held: older.held * share + newer.held,
  }
}

/** The difference of two logarithms of throughput, and its standard error. */
export interface Gain {
  readonly by: number
  readonly error: number
}

/**
 * By how much more `b` brought than `a`, as a logarithm. By Little's law a second brings inFlight / time answers, and times
 * tell that much sooner than counts do. Where the law does not hold for what was measured, since bodies take long or many
 * fail, the counts decide. `base` is the time to first byte while nothing queues, milliseconds: beyond it, who stands in
 * line behind the same ones is late by the same, so that many times tell no more than few.
 */
export function gain(a: Evidence, b: Evidence, base: number): Gain {
  const byTime = obeysLittle(a) && obeysLittle(b)
  const [x, y] = byTime ? [byLittle(a, base), byLittle(b, base)] : [byCount(a), byCount(b)]
  return { by: y.log - x.log, error: Math.sqrt(x.square + y.square) }
}

interface Estimate {
  log: number
  /** The square of its standard error. */
  square: number
}

function byLittle({ times, held, elapsed }: Evidence, base: number): Estimate {
  // A mean of few is less sure than their own spread says: no less than if it were a tenth of the mean, once more.
  const spread = times.variance / times.mean ** 2 + 0.01
  const alike = Math.min(MOST_ALIKE, Math.max(1, times.mean / base))
  return { log: Math.log(held / elapsed / times.mean), square: (alike * spread) / times.n }
}

function byCount({ times, good, elapsed, held }: Evidence): Estimate {
  if (good === 0) return { log: -Infinity, square: 0 }
  const spread = times.mean > 0 ? times.variance / times.mean ** 2 : 1
  const ends = (BURST * held) / elapsed / good
  return { log: Math.log(good / elapsed), square: spread / good + ends * ends }
}

function obeysLittle({ times, good, held, elapsed }: Evidence): boolean {
  if (times.n === 0 || held === 0) return false
  const off = Math.abs(Math.log((good * times.mean) / held))
  return off < DISAGREEMENT + 2 * Math.sqrt(byCount({ times, good, elapsed, held }).square)
}
