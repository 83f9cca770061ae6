// Everybody at one instant, as when a sale opens on the second: `people` come within `within` seconds of `at`, on top of
// a steady base. What the instant costs (connections, handshakes) is part of what is asked.
import type { Shape } from '../shape.ts'

export interface SpikeSpec {
  kind: 'spike'
  /** Arrivals per second before, during and after. */
  base: number
  /** How many come at the instant. */
  people: number
  /** Second at which it begins. */
  at: number
  /** Seconds within which they all come, more than 0; people are not faster than 0.05. */
  within: number
}

export function spike({ base, people, at, within }: SpikeSpec): Shape {
  const extra = people / within
  return {
    rate: t => base + (t >= at && t < at + within ? extra : 0),
    arrivals: t => base * t + extra * Math.min(within, Math.max(0, t - at)),
  }
}
