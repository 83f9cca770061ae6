// A load that is the same whatever the server does: what it costs and how long answers take when the server is not
// driven to its end. A server that batches well looks better at its maximum than on an ordinary day.

import { described } from '../load/wrk.ts'
import type { Load } from '../load/wrk.ts'
import { measureLoad } from '../measure.ts'
import { paths } from '../pages.ts'
import { ALL_SERVERS, CPU, OTHERS, RATE, STORE } from './case.ts'
import type { Case, Metric, Variant } from './case.ts'
import { warm } from './warm.ts'

const PAGES = paths(8)
const FULL: Load = { walk: { kind: 'walk', paths: PAGES, head: 'browser' }, connections: 64, threads: 1 }
/** A user's pause between two requests, on average. Many users who pause make a steady stream (a nearly open model). */
const PAUSE_MS = 10
const P99: Metric = { key: 'p99', label: 'p99 ms', digits: 2, compared: true }

export const fixedLoad: Case = {
  name: 'fixed-load',
  title:
    'Hits of 8 KiB at 20% and 70% of the rate each server reaches at most: users who pause 0 to 20 ms between requests, as many as make up the rate. Times count from sending a request; a user who waits sends nothing meanwhile.',
  servers: ALL_SERVERS,
  metrics: [CPU, P99, RATE, OTHERS],
  rounds: 3,
  variants: () => [atShare(0.2), atShare(0.7)],
}

function atShare(share: number): Variant {
  const aims = new Map<string, Aim>()
  return {
    name: `${share * 100}% load`,
    setup: STORE,
    fresh: false,
    load: seconds => described({ ...users(0), connections: NaN }, seconds).replace('NaN', 'USERS'),
    prepare: async (subject, world) => {
      const most = await warm(subject, world, FULL, PAGES)
      const rate = (most.requests / most.seconds) * share
      const tried = (rate * PAUSE_MS) / 1000
      const trial = await warm(subject, world, users(tried), [])
      // Answers and wrk's clock of whole milliseconds lengthen a pause; as many more users make up for it.
      aims.set(subject.server.name, { rate, users: (tried * rate * trial.seconds) / trial.requests })
    },
    measure: (subject, world) => {
      const aim = aims.get(subject.server.name)!
      return measureLoad(subject, world, {
        load: users(aim.users),
        pageBytes: 8192,
        samples: PAGES.slice(0, 3),
        originShare: 0,
        rate: aim.rate,
      })
    },
  }
}

/** The rate to reach, and how many users reach it. */
interface Aim {
  readonly rate: number
  readonly users: number
}

function users(count: number): Load {
  const connections = Math.max(1, Math.round(count))
  return { walk: { kind: 'paced', paths: PAGES, meanMs: PAUSE_MS }, connections, threads: 1 }
}
