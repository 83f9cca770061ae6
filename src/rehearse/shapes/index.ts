// All shapes by name. A spec is plain data, so that it can cross to a worker thread and stand in a report.
import type { Shape } from '../shape.ts'
import { broadcast, type BroadcastSpec } from './broadcast.ts'
import { constant, type ConstantSpec } from './constant.ts'
import { flashCrowd, type FlashCrowdSpec } from './flash-crowd.ts'
import { ramp, type RampSpec } from './ramp.ts'
import { recorded, type RecordedSpec } from './recorded.ts'
import { spike, type SpikeSpec } from './spike.ts'
import { step, type StepSpec } from './step.ts'

export type ShapeSpec = ConstantSpec | RampSpec | StepSpec | SpikeSpec | FlashCrowdSpec | BroadcastSpec | RecordedSpec

/** The shape that a spec describes. Throws a RangeError that names the number which makes no sense. */
export function shapeOf(spec: ShapeSpec): Shape {
  checkNumbers(spec)
  const compile = SHAPES[spec.kind] as (spec: ShapeSpec) => Shape
  return compile(spec)
}

const SHAPES = { constant, ramp, step, spike, 'flash-crowd': flashCrowd, broadcast, recorded } as const satisfies {
  [kind in ShapeSpec['kind']]: (spec: Extract<ShapeSpec, { kind: kind }>) => Shape
}

const DIVISORS = new Set(['over', 'every', 'within', 'rise', 'half'])

function checkNumbers(spec: ShapeSpec): void {
  for (const [name, value] of Object.entries(spec) as [string, unknown][]) {
    if (name === 'kind') continue
    const numbers = Array.isArray(value) ? (value as unknown[]) : [value]
    if (numbers.length === 0 || !numbers.every(isPossible) || (DIVISORS.has(name) && value === 0)) {
      const bound = DIVISORS.has(name) ? 'more than 0' : '0 or more'
      throw new RangeError(`shape ${spec.kind}: ${name} must be ${bound}, not ${JSON.stringify(value)}`)
    }
  }
}

const isPossible = (n: unknown): boolean => typeof n === 'number' && Number.isFinite(n) && n >= 0
