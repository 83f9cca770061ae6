// Seconds put together: several as one, a long row of them as a short one, rows as columns. Pure; what is written to disk, drawn
// and told of a span is made with it.

import { columns } from './seconds.ts'
import type { Column, Second } from './seconds.ts'

export type Columns = Record<Column, (number | null)[]>

/** Of several seconds the worst is kept; of all that is not here, the mean. */
const worst: Partial<Record<Column, 'max' | 'min'>> = {
  p95: 'max',
  p99: 'max',
  originP95: 'max',
  inFlight: 'max',
  waiting: 'max',
  connections: 'max',
  streams: 'max',
  restarts: 'max',
  loopDelay: 'max',
  visitors: 'max',
  visitors5: 'max',
  apdex: 'min',
  journal: 'max',
  delivered: 'max',
  queueP95: 'max',
}

/** Several seconds as one, which begins at `at`. What none of them tells is null. */
export function asOne(at: number, seconds: readonly Second[]): Second {
  const one = Object.fromEntries(columns.map(name => [name, together(name, seconds)])) as Second
  return { ...one, at }
}

function together(name: Column, seconds: readonly Second[]): number | null {
  const known = seconds.flatMap(second => second[name] ?? [])
  if (known.length === 0) return null
  const of = worst[name]
  if (of !== undefined) return known.reduce((a, b) => Math[of](a, b))
  return known.reduce((sum, value) => sum + value, 0) / known.length
}

/** One for each `step` seconds. */
export function thinned(seconds: readonly Second[], step: number): Second[] {
  const groups = Map.groupBy(seconds, ({ at }) => Math.floor(at! / step) * step)
  return [...groups].map(([at, group]) => (group.length === 1 ? group[0]! : asOne(at, group)))
}

const DIGITS = 1000

export const inColumns = (seconds: readonly Second[]): Columns =>
  Object.fromEntries(
    columns.map(name => [
      name,
      seconds.map(second => {
        const value = second[name]
        return value === null ? null : Math.round(value * DIGITS) / DIGITS
      }),
    ]),
  ) as Columns
