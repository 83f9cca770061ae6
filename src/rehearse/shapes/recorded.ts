// What a site has seen before, second by second or coarser: a straight line between the points, the last one held.
import type { Shape } from '../shape.ts'

export interface RecordedSpec {
  kind: 'recorded'
  /** Arrivals per second, `every` seconds apart, the first at the start; at least one. */
  rates: number[]
  /** Seconds between the points, more than 0. */
  every: number
}

export function recorded({ rates, every }: RecordedSpec): Shape {
  const last = rates.length - 1
  const before = [0]
  for (let i = 0; i < last; i++) before.push(before[i]! + ((rates[i]! + rates[i + 1]!) / 2) * every)
  const piece = (t: number): number => Math.min(last, Math.floor(t / every))
  const rate = (t: number): number => {
    const i = piece(t)
    return i === last ? rates[last]! : rates[i]! + ((rates[i + 1]! - rates[i]!) * (t - i * every)) / every
  }
  return {
    rate,
    arrivals(t) {
      const i = piece(t)
      return before[i]! + ((rates[i]! + rate(t)) / 2) * (t - i * every)
    },
  }
}
