// The same rate throughout: what a bench asks, and what hardly any crowd does.
import type { Shape } from '../shape.ts'

export interface ConstantSpec {
  kind: 'constant'
  /** Arrivals per second. */
  rate: number
}

export function constant({ rate }: ConstantSpec): Shape {
  return { rate: () => rate, arrivals: t => rate * t }
}
