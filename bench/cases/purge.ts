// Purging what a million responses have in common, of a program that runs: asked for at its admin address while visitors ask
// for the pages, softly first (they are served stale until something new has come) and hard after.

import { fill, MILLION, MILLION_SETUP, pageAt, purge as purgeAll } from '../load/million.ts'
import { get } from '../http.ts'
import type { World } from '../world.ts'
import type { Case, Reading, Subject } from './case.ts'

/** From one page to the next that is asked for: prime, so that those of all ages come. */
const STRIDE = 7919
/** Pages looked at once a purge was answered. */
const LOOKS = 1000

export const purge: Case = {
  name: 'purge',
  title:
    '`breakwater serve` with 1,000,000 stored responses of 1 KiB that have one tag (`Cache-Tag`), each fetched through the front door. They are purged by that tag at the admin address: softly, then hard. The time from the request to its answer, which waits for every edge and for the copy on disk; and to the first page, of those that one visitor asks for all the while, that is no fresh hit (soft) or no hit (hard). After each answer 1,000 pages are looked at, and none may be one.',
  servers: ['breakwater'],
  metrics: [
    { key: 'softMs', label: 'soft: ms to the answer', digits: 1, compared: false },
    { key: 'softSeenMs', label: 'ms to no fresh hit', digits: 1, compared: false },
    { key: 'hardMs', label: 'hard: ms to the answer', digits: 1, compared: false },
    { key: 'hardSeenMs', label: 'ms to no hit', digits: 1, compared: false },
  ],
  rounds: 1,
  variants: () => [
    {
      name: `${MILLION} entries`,
      setup: MILLION_SETUP,
      fresh: true,
      load: () => 'POST /api/purge {"tags":["story"]}',
      measure,
    },
  ],
}

async function measure(subject: Subject, world: World): Promise<Reading> {
  const problems = await fill(subject, world)
  const soft = await purged(subject, false, problems)
  const hard = await purged(subject, true, problems)
  return {
    values: { softMs: soft.answered, softSeenMs: soft.seen, hardMs: hard.answered, hardSeenMs: hard.seen },
    problems,
  }
}

/** Milliseconds from sending the purge: to its answer, and to the first page that is no longer what it was. */
async function purged(
  subject: Subject,
  hard: boolean,
  problems: string[],
): Promise<{ answered: number; seen: number }> {
  const before = hard ? /; *hit/ : /; *hit;.*detail=fresh/
  let next = hard ? 3 * LOOKS : 0
  const isAsBefore = async (): Promise<boolean> => {
    const { headers } = await get(subject.server.port, pageAt((next++ * STRIDE) % MILLION))
    return before.test(String(headers['cache-status']))
  }
  const asBefore = async (): Promise<number> => {
    let count = 0
    for (let look = 0; look < LOOKS; look++) if (await isAsBefore()) count++
    return count
  }
  const first = await asBefore()
  if (first < 0.99 * LOOKS) problems.push(`only ${first} of ${LOOKS} pages were stored before the purge`)
  const begun = performance.now()
  const answered = purgeAll(subject, hard)
  while (await isAsBefore());
  const seen = performance.now() - begun
  const ms = await answered
  const left = await asBefore()
  if (left > 0) problems.push(`${left} of ${LOOKS} pages were as before after the answer`)
  return { answered: ms, seen }
}
