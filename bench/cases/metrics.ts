// What metrics cost: stored pages as in the case hits, with everything counted as always, and with nothing counted.

import { CPU, OTHERS, RATE } from './case.ts'
import type { Case } from './case.ts'
import { hitsOf } from './hits.ts'

export const metrics: Case = {
  name: 'metrics',
  title:
    "What metrics cost a hit: Breakwater as it is, beside Breakwater with nothing counted of a hit (counters, latencies, Apdex, visitors); stored pages of 8 KiB, a browser's head, one core.",
  servers: ['breakwater', 'breakwater-uncounted'],
  metrics: [CPU, RATE, OTHERS],
  // The goal asks for 20 pairs or more: it is held to the upper bound of the interval.
  rounds: 40,
  variants: () => [hitsOf(8, 'browser')],
}
