// What an entry of the store takes besides its body, in a program that runs.

import { setTimeout as sleep } from 'node:timers/promises'
import { BODY_BYTES, figures, fill, MILLION, MILLION_SETUP, workIn } from '../load/million.ts'
import { residentBytes } from '../proc.ts'
import type { World } from '../world.ts'
import type { Case, Reading, Subject } from './case.ts'

const SETTLE_MS = 3000

export const overhead: Case = {
  name: 'overhead',
  title:
    '`breakwater serve` with 1,000,000 stored responses of 1 KiB, each fetched through the front door, and what an entry takes besides its body: by its own account (records with key, header and tag, what they are rounded up to, and the whole index, over the number of records, from `/api/stats`), and by what the resident memory of the process grew while they came in.',
  servers: ['breakwater'],
  metrics: [
    { key: 'own', label: 'bytes an entry', digits: 0, compared: false },
    { key: 'resident', label: 'resident bytes an entry', digits: 0, compared: false },
    { key: 'mib', label: 'MiB resident', digits: 0, compared: false },
  ],
  rounds: 1,
  variants: () => [
    {
      name: `${MILLION} entries`,
      setup: MILLION_SETUP,
      fresh: true,
      load: () => 'wrk -t1 -c64 -s distinct.lua http://127.0.0.1:PORT/, until 1,000,000 are stored',
      measure,
    },
  ],
}

async function measure(subject: Subject, world: World): Promise<Reading> {
  await workIn(subject, world)
  const before = residentBytes(subject.server.pid)
  const problems = await fill(subject, world)
  await sleep(SETTLE_MS)
  const after = residentBytes(subject.server.pid)
  const { records, bytesUsed, bytesTotal } = (await figures(subject)).store
  const index = subject.setup.storeBytes - bytesTotal
  const anEntry = (bytes: number): number => bytes / records - BODY_BYTES
  return {
    values: { own: anEntry(bytesUsed + index), resident: anEntry(after - before), mib: after / 2 ** 20 },
    problems,
  }
}
