// A crash in the middle of a rush: how long until the first answer of the next process, and how much of what is asked for in
// its first second is answered from the store.

import { get } from '../http.ts'
import { figures, fill, MILLION, MILLION_SETUP, pageAt } from '../load/million.ts'
import { PAGES as COUNT, paths } from '../pages.ts'
import type { World } from '../world.ts'
import { STORE } from './case.ts'
import type { Case, Reading, Subject } from './case.ts'

const PAGES = paths(8)
/** Responses stored before the crash, each under a URL of its own: 40 MiB with the pages of 8 KiB. */
const STORED = 5000
const TARGETS = Array.from({ length: STORED }, (_, i) => `${PAGES[i % COUNT]!}?n=${i}`)
/** From one target to the next that is asked for: prime, so that all come, in no order of storing. */
const STRIDE = 1009
/** Requests under way at once, each on a connection of its own. */
const AT_ONCE = 8
const FIRST_MS = 1000

export const restart: Case = {
  name: 'restart',
  title: `Killed (SIGKILL to all of its processes) with ${STORED} stored pages of 8 KiB and started again, with every core of the bench: the time from starting the process to its first answer; and of the stored pages that are asked for in the first second from then on, the share that had to be fetched from the origin again. nginx keeps its files on tmpfs; Varnish and HAProxy keep nothing.`,
  servers: ['breakwater', 'nginx'],
  metrics: [
    { key: 'seconds', label: 's to first answer', digits: 3, compared: true },
    { key: 'cold', label: 'share not hit in the first second', digits: 4, compared: false },
    { key: 'asked', label: 'asked in it', digits: 0, compared: false },
  ],
  rounds: 3,
  variants: () => [
    {
      name: `${STORED} pages`,
      setup: STORE,
      fresh: true,
      load: () => `SIGKILL, start, requests of the bench itself for ${FIRST_MS / 1000} s`,
      measure,
    },
  ],
}

/** The same crash with a million pages; no other server is asked for that. */
export const restartMillion: Case = {
  ...restart,
  name: 'restart-million',
  title: `As restart, with 1,000,000 stored pages of 1 KiB, each fetched through the front door before: the next process reads them back before it listens.`,
  servers: ['breakwater'],
  rounds: 1,
  variants: () => [
    {
      name: `${MILLION} pages`,
      setup: MILLION_SETUP,
      fresh: true,
      load: () => `SIGKILL, start, requests of the bench itself for ${FIRST_MS / 1000} s`,
      measure: async (subject, world) => {
        const problems = await fill(subject, world)
        const { copy } = await figures(subject)
        if (copy.leftOut > 0) problems.push(`the disk was too slow for ${copy.leftOut} of them`)
        const reading = await killed(subject, world, at => pageAt((at * STRIDE) % MILLION))
        return { values: reading.values, problems: [...problems, ...reading.problems] }
      },
    },
  ],
}

async function measure(subject: Subject, world: World): Promise<Reading> {
  // Twice: what found no place for the moment is there after the second time.
  for (const left of [TARGETS.values(), TARGETS.values()])
    await atOnce(async () => {
      for (const path of left) await get(subject.server.port, path)
    })
  return killed(subject, world, at => TARGETS[(at * STRIDE) % STORED]!)
}

/** `target`: the path to ask for, by the number of the request. */
async function killed(
  { peer, server, setup }: Subject,
  world: World,
  target: (at: number) => string,
): Promise<Reading> {
  process.kill(-server.pid, 'SIGKILL')
  await server.stop()
  const { cores } = world
  const second = await peer.start({ ...setup, core: `${cores.server},${cores.load}` })
  try {
    const before = await world.origin.requests()
    const { asked, failed } = await firstSecond(second.port, target)
    const cold = (await world.origin.requests()) - before
    return {
      values: { seconds: second.startedIn / 1000, cold: cold / asked, asked },
      problems: failed === 0 ? [] : [`${failed} of ${asked} requests were not answered 200`],
    }
  } finally {
    await second.stop()
  }
}

/** As many of the stored pages as can be asked for in the time. */
async function firstSecond(port: number, target: (at: number) => string): Promise<{ asked: number; failed: number }> {
  const until = performance.now() + FIRST_MS
  let asked = 0
  let failed = 0
  await atOnce(async () => {
    while (performance.now() < until) {
      const { status } = await get(port, target(asked++))
      if (status !== 200) failed++
    }
  })
  return { asked, failed }
}

const atOnce = (one: () => Promise<void>): Promise<void[]> => Promise.all(Array.from({ length: AT_ONCE }, one))
