// A flash crowd: a mention on television or a front page. The front takes seconds, the tail is long: what exceeds the
// base has halved after `half` seconds, is a third after twice that, a quarter after three times (1 / t, not a half-life).
import type { Shape } from '../shape.ts'

export interface FlashCrowdSpec {
  kind: 'flash-crowd'
  /** Arrivals per second on a usual day, and at the top. */
  base: number
  peak: number
  /** Second at which the front begins. */
  at: number
  /** Seconds from there to the top, more than 0. */
  rise: number
  /** Seconds from the top until half of it is gone, more than 0. */
  half: number
}

export function flashCrowd({ base, peak, at, rise, half }: FlashCrowdSpec): Shape {
  const extra = peak - base
  const top = at + rise
  return {
    rate(t) {
      if (t < at) return base
      return t < top ? base + (extra * (t - at)) / rise : base + extra / (1 + (t - top) / half)
    },
    arrivals(t) {
      const rising = Math.min(rise, Math.max(0, t - at))
      const falling = Math.max(0, t - top)
      return base * t + (extra * rising ** 2) / (2 * rise) + extra * half * Math.log1p(falling / half)
    },
  }
}
