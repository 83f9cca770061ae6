// Hits again, with the two lines wrk sends by itself: what most published figures are about. It shows how much of a
// hit is the reading of the head.

import { hitsOf } from './hits.ts'
import { ALL_SERVERS, CPU, OTHERS, RATE } from './case.ts'
import type { Case } from './case.ts'

export const plainHead: Case = {
  name: 'plain-head',
  title: 'Stored pages of 8 KiB asked for with a bare head (request line and Host), otherwise as in `hits`.',
  servers: ALL_SERVERS,
  metrics: [CPU, RATE, OTHERS],
  rounds: 3,
  variants: () => [hitsOf(8, 'plain')],
}
