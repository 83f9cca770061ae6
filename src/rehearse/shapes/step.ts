// Levels one after the other, each held for the same time; the last one stays.
import type { Shape } from '../shape.ts'

export interface StepSpec {
  kind: 'step'
  /** Arrivals per second of each level, at least one. */
  rates: number[]
  /** Seconds that a level lasts, more than 0. */
  every: number
}

export function step({ rates, every }: StepSpec): Shape {
  const last = rates.length - 1
  const before = [0]
  for (const rate of rates) before.push(before.at(-1)! + rate * every)
  const level = (t: number): number => Math.min(last, Math.floor(t / every))
  return {
    rate: t => rates[level(t)]!,
    arrivals: t => before[level(t)]! + rates[level(t)]! * (t - level(t) * every),
  }
}
