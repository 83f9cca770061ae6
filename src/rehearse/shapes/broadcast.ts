// An announced broadcast: some look the site up while they wait for it, the front comes when it is mentioned, it stays as
// high as long as the programme is on, and falls like any flash crowd afterwards.
import type { Shape } from '../shape.ts'
import { flashCrowd } from './flash-crowd.ts'

export interface BroadcastSpec {
  kind: 'broadcast'
  /** Arrivals per second on a usual day, and while the programme is on. */
  base: number
  peak: number
  /** Second at which the programme begins. */
  at: number
  /** Seconds before it in which those come who heard of it, 0 to `at`; they rise to EARLY of what it adds. */
  before: number
  /** Seconds from the beginning to the top, more than 0. */
  rise: number
  /** Seconds that it is on from the top. */
  during: number
  /** Seconds from its end until half of it is gone, more than 0. */
  half: number
}

/** Of what the programme adds, so much comes to look already before it begins. */
const EARLY = 0.2

export function broadcast({ base, peak, at, before, rise, during, half }: BroadcastSpec): Shape {
  const extra = peak - base
  const early = extra * EARLY
  const from = Math.max(0, at - before)
  const front = flashCrowd({ kind: 'flash-crowd', base: 0, peak: extra - early, at, rise, half })
  const top = at + rise
  const end = top + during
  /** The time that the front has seen: it stands still at its top while the programme is on. */
  const seen = (t: number): number => (t <= top ? t : Math.max(top, t - during))
  /** What the early ones have grown to; they stay as long as the programme is on, and go with it. */
  const lead = (t: number): number => (t < from ? 0 : t < at ? (early * (t - from)) / (at - from) : early * fading(t))
  const fading = (t: number): number => (t < end ? 1 : 1 / (1 + (t - end) / half))
  const leads = (t: number): number => {
    const rising = Math.min(at, t) - from
    const until = Math.max(0, Math.min(end, t) - at)
    const gone = Math.max(0, t - end)
    const grown = rising > 0 && at > from ? (early * rising ** 2) / (2 * (at - from)) : 0
    return grown + early * until + early * half * Math.log1p(gone / half)
  }
  return {
    rate: t => base + front.rate(seen(t)) + lead(t),
    arrivals(t) {
      const held = Math.max(0, Math.min(end, t) - top)
      return base * t + front.arrivals(seen(t)) + (extra - early) * held + leads(t)
    },
  }
}
