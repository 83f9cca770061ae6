// The onset of a spike, or of silence, second by second: a CUSUM (Page 1954) of the logarithm of the rate against its own recent
// level. Logarithms make a tripling the same thing on a large site and on a small one; the floor keeps a handful of requests
// from being called one.

/** Requests a second that count as nothing: below them no rate is told from another. */
const FLOOR = 20
/** A rate has to be this many times the baseline, for a while, to be told from chance: halfway to the tripling that is looked for. */
const SLACK = Math.log(1.75)
/** One second counts no more than a fourfold rate would: so no single second, whatever it brings, is an onset. */
const MOST = Math.log(4)
/** Sum at which it is one. A tripled rate adds 0.54 a second and reaches it in the third, a fourfold one (0.83) in the second. */
const ENOUGH = 1.2

/** Seconds in which the baseline follows the rate by 63%: slow for a spike, quick for the course of a day. */
const FOLLOWS = 300
/** While it lasts the baseline follows more slowly, so that what has become usual is no alarm for ever. */
const FOLLOWS_IN_ALARM = 1800
/** Seconds from the start in which the baseline is only learned. */
const LEARNS = 30
/** Seconds of calm after which it is over. */
const CALM = 60

export interface Onset {
  /** Seconds seen. */
  readonly seen: number
  /** Logarithm of the usual rate. */
  readonly baseline: number
  /** The sums upwards and downwards. */
  readonly up: number
  readonly down: number
  readonly alarm: 'spike' | 'silence' | null
  /** Seconds in a row in which an alarm would not be held. */
  readonly calm: number
}

export const quiet: Onset = { seen: 0, baseline: Math.log(FLOOR), up: 0, down: 0, alarm: null, calm: 0 }

/** What is known after one more second with so many requests. */
export function nextSecond(before: Onset, rate: number): Onset {
  const now = Math.log(Math.max(rate, FLOOR))
  const seen = before.seen + 1
  if (seen <= LEARNS) return { ...quiet, seen, baseline: before.baseline + (now - before.baseline) / Math.max(1, seen) }
  const off = Math.max(-MOST, Math.min(MOST, now - before.baseline))
  const baseline = before.baseline + off / (before.alarm === null ? FOLLOWS : FOLLOWS_IN_ALARM)
  const up = Math.max(0, before.up + off - SLACK)
  const down = Math.max(0, before.down - off - SLACK)
  if (before.alarm === null) {
    const alarm = up >= ENOUGH ? 'spike' : down >= ENOUGH ? 'silence' : null
    return { seen, baseline, up, down, alarm, calm: 0 }
  }
  const held = before.alarm === 'spike' ? off > SLACK / 2 : off < -SLACK / 2
  const calm = held ? 0 : before.calm + 1
  if (calm >= CALM) return { seen, baseline, up: 0, down: 0, alarm: null, calm: 0 }
  return { seen, baseline, up: Math.min(up, ENOUGH), down: Math.min(down, ENOUGH), alarm: before.alarm, calm }
}

/** The rate that it takes for the usual one, requests a second. */
export const usualRate = ({ baseline }: Onset): number => Math.exp(baseline)
