// A crowd in the waiting room: what a poll costs against a hit on the same connections in the same round, and what a visitor who
// waits takes of memory beyond the connection that every visitor has.

import { setTimeout as sleep } from 'node:timers/promises'
import { liveBytes } from '../load/heap.ts'
import { Visitors } from '../load/visitors.ts'
import { paths } from '../pages.ts'
import { cpuSeconds, residentBytes } from '../proc.ts'
import type { World } from '../world.ts'
import { STORE } from './case.ts'
import type { Case, Reading, Subject } from './case.ts'

const VISITORS = 12_000
const STORED = paths(1)[0]!
/** About as large as the waiting page, so that what a server keeps of the writing of one it has of the other. */
const UNSTORED = paths(8, 'no-store')[1]!
/** Below here is a waiting room that lets in one. */
const BEHIND_ROOM = paths(64, 'no-store')[0]!
const POLL = '/.breakwater/waiting/room'
/** Long enough for a server to give back what it held for the answers. */
const SETTLE_MS = 2000
/** Turns of hits and polls, each of everybody. */
const FEWEST = 4

export const waiting: Case = {
  name: 'waiting',
  title:
    'A crowd of 12,000, each with a connection and a browser’s head: all ask for an unstored page of 8 KiB and a stored one of 1 KiB; then for a page behind a waiting room that lets in one, and from then on, each with the own ticket, by turns for the stored page and for their place. Memory is what grew from before they waited to the end: `live` after the garbage of all threads was collected, `resident` with the garbage that nobody had needed to collect.',
  servers: ['breakwater'],
  metrics: [
    { key: 'hit', label: 'CPU µs/hit', digits: 2, compared: false },
    { key: 'poll', label: 'CPU µs/poll', digits: 2, compared: false },
    { key: 'ratio', label: 'poll ÷ hit', digits: 2, compared: false },
    { key: 'waiter', label: 'live KiB a waiter', digits: 2, compared: false },
    { key: 'resident', label: 'resident KiB a waiter', digits: 2, compared: false },
    { key: 'connection', label: 'resident KiB a connection', digits: 2, compared: false },
  ],
  rounds: 3,
  variants: () => [
    {
      name: `${VISITORS} visitors`,
      setup: { ...STORE, pageBytes: 1024, waitingBelow: '/no-store/64k/**' },
      fresh: true,
      load: seconds =>
        `${VISITORS} connections of the bench’s own, rounds of hits and of polls by turns for ${2 * seconds} s`,
      measure,
    },
  ],
}

async function measure({ server }: Subject, world: World): Promise<Reading> {
  const problems: string[] = []
  const expect = (what: string, statuses: Iterable<number>, allowed: readonly number[]): void => {
    for (const status of statuses) if (!allowed.includes(status)) problems.push(`${what} was answered ${status}`)
  }
  const empty = residentBytes(server.pid)
  const visitors = await Visitors.come(VISITORS, server.port)
  try {
    const seconds = async (path: string): Promise<number> => {
      const before = cpuSeconds(server.pid)
      expect(path, Object.keys(await visitors.ask(path)).map(Number), [200])
      return cpuSeconds(server.pid) - before
    }
    // As much as is done afterwards, so that what the first requests left behind is gone from the first reading too.
    for (const path of [UNSTORED, STORED, STORED, STORED]) await seconds(path)
    await sleep(2 * SETTLE_MS)
    const held = residentBytes(server.pid)
    const before = await liveBytes(server.inspectorPort!)
    const waits = await visitors.ask(BEHIND_ROOM)
    if ((waits[503] ?? 0) < VISITORS - 10) problems.push(`only ${waits[503] ?? 0} of ${VISITORS} wait`)
    for (const path of [STORED, POLL]) await seconds(path)
    let [hits, polls, rounds] = [0, 0, 0]
    // By turns, so that what else the machine does falls on both alike.
    for (const end = performance.now() + 2000 * world.seconds; rounds < FEWEST || performance.now() < end; rounds++) {
      hits += await seconds(STORED)
      polls += await seconds(POLL)
    }
    const [hit, poll] = [hits, polls].map(sum => (sum / rounds / VISITORS) * 1e6) as [number, number]
    await sleep(SETTLE_MS)
    const grown = residentBytes(server.pid) - held
    const live = (await liveBytes(server.inspectorPort!)) - before
    const perVisitor = (bytes: number): number => bytes / 1024 / VISITORS
    const values = {
      hit,
      poll,
      ratio: poll / hit,
      waiter: perVisitor(live),
      resident: perVisitor(grown),
      connection: perVisitor(held - empty),
    }
    return { values, problems }
  } finally {
    visitors.leave()
  }
}
