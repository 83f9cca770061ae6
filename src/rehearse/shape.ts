// The shape of a crowd: how many arrive per second, at each second of the run. A shape is known by its running total,
// so arrivals can be placed exactly however steep it is; the rate is its slope and tells people what they look at.

/** Arrivals over time. `t` is in seconds from the start of the run, never negative. */
export interface Shape {
  /** Arrivals per second at `t`. */
  rate(t: number): number
  /** Arrivals expected from 0 to `t`: the integral of `rate`, exact. */
  arrivals(t: number): number
}

/** The same shape with `factor` times the arrivals. */
export function scaled(shape: Shape, factor: number): Shape {
  return { rate: t => factor * shape.rate(t), arrivals: t => factor * shape.arrivals(t) }
}
