// Which limit the config asks for.

import type { OriginConfig } from '../../config/types.ts'
import { Aimd } from './aimd.ts'
import { Fixed } from './fixed.ts'
import { Gradient } from './gradient.ts'
import type { Limit } from './limit.ts'

export type LimitConfig = OriginConfig['concurrency']

/** `start`: where an adaptive limit stood before, as when core starts anew; 0 for nowhere. `base`: as for Gradient. */
export function makeLimit({ limit, least, most }: LimitConfig, start = 0, base = Infinity): Limit {
  const bounds = { least, most: Math.max(least, most) }
  if (limit === 'aimd') return new Aimd(bounds)
  if (typeof limit === 'number') return new Fixed(limit)
  return new Gradient(bounds, start > 0 ? start : undefined, base)
}
