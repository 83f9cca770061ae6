// Misses passed through: pages the origin forbids to store. nginx only proxies here and keeps its connections to the
// origin; it is the measure.

import { described } from '../load/wrk.ts'
import type { Load } from '../load/wrk.ts'
import { measureLoad } from '../measure.ts'
import { paths } from '../pages.ts'
import { ALL_SERVERS, CPU, OTHERS, RATE, STORE } from './case.ts'
import type { Case } from './case.ts'
import { LONG, warm } from './warm.ts'

const PAGES = paths(8, 'no-store')
const LOAD: Load = { walk: { kind: 'walk', paths: PAGES, head: 'browser' }, connections: 64, threads: 1 }

export const misses: Case = {
  name: 'misses',
  title:
    'Pages of 8 KiB with `no-store`, each passed through to the origin on connections kept alive; the others proxy and do not cache.',
  servers: ALL_SERVERS,
  metrics: [CPU, RATE, OTHERS],
  rounds: 5,
  variants: () => [
    {
      name: '8 KiB',
      setup: { ...STORE, caching: false },
      fresh: false,
      load: seconds => described(LOAD, seconds),
      prepare: async (subject, world) => void (await warm(subject, world, LOAD, [], LONG)),
      measure: (subject, world) =>
        measureLoad(subject, world, { load: LOAD, pageBytes: 8192, samples: PAGES.slice(0, 3), originShare: 1 }),
    },
  ],
}
