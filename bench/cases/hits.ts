// Hits: the main figure of the bench. Stored pages of three sizes, asked for as a browser does.

import { described } from '../load/wrk.ts'
import type { Load } from '../load/wrk.ts'
import { measureLoad } from '../measure.ts'
import { paths } from '../pages.ts'
import type { Size } from '../pages.ts'
import { ALL_SERVERS, CPU, OTHERS, RATE, STORE } from './case.ts'
import type { Case, Variant } from './case.ts'
import { warm } from './warm.ts'

export const hits: Case = {
  name: 'hits',
  title:
    "Stored pages: 200 URLs, a browser's head of 15 lines, 64 connections kept alive, each server alone on one core with one worker.",
  servers: ALL_SERVERS,
  metrics: [CPU, RATE, OTHERS],
  rounds: 5,
  variants: ({ sizes }) => sizes.map(size => hitsOf(size, 'browser')),
}

/** Hits of one size with the given head; `plain-head` uses it too. */
export function hitsOf(size: Size, head: 'browser' | 'plain'): Variant {
  const pages = paths(size)
  const load: Load = { walk: { kind: 'walk', paths: pages, head }, connections: 64, threads: 1 }
  return {
    name: `${size} KiB`,
    setup: { ...STORE, pageBytes: size * 1024 },
    fresh: false,
    load: seconds => described(load, seconds),
    prepare: async (subject, world) => void (await warm(subject, world, load, pages)),
    measure: (subject, world) =>
      measureLoad(subject, world, { load, pageBytes: size * 1024, samples: pages.slice(0, 3), originShare: 0 }),
  }
}
