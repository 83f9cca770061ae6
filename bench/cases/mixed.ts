// Mixed traffic: what a visitor's connection really carries. First a page that may not be stored, then 50 stored things,
// then it is closed and another one comes.

import { described } from '../load/wrk.ts'
import type { Load } from '../load/wrk.ts'
import { measureLoad } from '../measure.ts'
import { paths } from '../pages.ts'
import { ALL_SERVERS, CPU, OTHERS, RATE, STORE } from './case.ts'
import type { Case } from './case.ts'
import { warm } from './warm.ts'

const HITS = 50
const PAGES = paths(8)
// As many threads as connections: a walk belongs to a thread, and here each connection needs its own.
const LOAD: Load = {
  walk: { kind: 'visits', paths: PAGES, first: paths(8, 'no-store'), hits: HITS },
  connections: 64,
  threads: 64,
}

export const mixed: Case = {
  name: 'mixed',
  title:
    'Visits: the first request of each connection is a miss passed through, 50 hits follow, then the connection is closed; pages of 8 KiB, 64 connections at a time.',
  servers: ALL_SERVERS,
  metrics: [CPU, RATE, OTHERS],
  rounds: 5,
  variants: () => [
    {
      name: '8 KiB',
      setup: STORE,
      fresh: false,
      load: seconds => described(LOAD, seconds),
      prepare: async (subject, world) => void (await warm(subject, world, LOAD, PAGES)),
      measure: (subject, world) =>
        measureLoad(subject, world, {
          load: LOAD,
          pageBytes: 8192,
          samples: PAGES.slice(0, 3),
          originShare: 1 / (HITS + 1),
        }),
    },
  ],
}
