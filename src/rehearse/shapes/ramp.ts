// A straight line from one rate to another, then held: the shape in which a knee shows.
import type { Shape } from '../shape.ts'

export interface RampSpec {
  kind: 'ramp'
  /** Arrivals per second at the start and from `over` seconds on. */
  from: number
  to: number
  /** Seconds, more than 0. */
  over: number
}

export function ramp({ from, to, over }: RampSpec): Shape {
  const slope = (to - from) / over
  return {
    rate: t => (t < over ? from + slope * t : to),
    arrivals(t) {
      const climbing = Math.min(t, over)
      return from * climbing + (slope * climbing ** 2) / 2 + to * (t - climbing)
    },
  }
}
