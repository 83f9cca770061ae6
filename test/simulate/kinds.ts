// The kinds of origins that limits are tried against, and one run: 120 simulated seconds under ten times what it bears.

import { below, seeded } from '../../src/base/random.ts'
import type { Limit } from '../../src/core/limits/limit.ts'
import { Events } from './events.ts'
import { Pool, cpu, locks, logNormal } from './origins.ts'
import type { Origin, Work } from './origins.ts'
import { World, percentile } from './world.ts'
import type { Measured } from './world.ts'

const END = 120_000
/** The 99th percentile is that of what comes later: before, the limit looks for its place. Throughput counts from the start. */
const SETTLED = 5_000

export type Make = (events: Events, n: number, mean: number, work: Work) => Origin

export const kinds: Record<string, Make> = {
  'a fixed pool': (events, n, mean, work) => new Pool(events, n, mean, work),
  'a CPU': cpu,
  'locks that are fought for': locks,
  'a pool that is four times slower for 30 s': (events, n, mean, work) => {
    const pool = new Pool(events, n, mean, work)
    pool.slowness = now => (now > 30_000 && now < 60_000 ? 4 : 1)
    return pool
  },
  'a pool that restarts': (events, n, mean, work) => {
    const pool = new Pool(events, n, mean, work)
    pool.isAway = now => now > 30_000 && now < 33_000
    pool.slowness = now => (now > 33_000 && now < 43_000 ? 1 + (3 * (43_000 - now)) / 10_000 : 1)
    return pool
  },
  // 80 a second at best, whatever n is: eight at once are the most that helps.
  'eight that collapse, of 100 ms': (events, _n, mean, work) => locks(events, 8, 100, () => (100 / mean) * work()),
}

export interface Run extends Measured {
  /** Good answers as a share of what the origin could have given. */
  share: number
  /** The 99th percentile as a multiple of that without load. */
  slower: number
  what: string
}

export function run(seed: number, make: Make, limit: Limit): Run {
  const random = seeded(seed)
  const n = [1, 2, 4, 8, 8, 16, 32, 50][below(random, 8)]!
  const mean = [10, 20, 50, 100][below(random, 4)]!
  const cv = [0.1, 0.3, 0.7][below(random, 3)]!
  const work = logNormal(random, mean, cv)
  const events = new Events()
  const origin = make(events, n, mean, work)
  const offered = 10 * origin.best(0)
  const { measured } = new World(events, random, limit, origin, {
    rate: () => offered,
    queue: 4 * n,
    timeout: Infinity,
  })
  events.runUntil(END)
  let best = 0
  for (let at = 0; at < END; at += 100) best += origin.best(at) / 10
  const alone = percentile(
    Array.from({ length: 5000 }, () => origin.alone()),
    0.99,
  )
  const settled = measured.times.filter((_, i) => measured.at[i]! >= SETTLED)
  return {
    ...measured,
    share: measured.good / best,
    slower: percentile(settled, 0.99) / alone,
    what: `n ${n}, ${mean} ms, cv ${cv}`,
  }
}
