// Purging what a million responses have in common: one entry in a table, whatever it concerns. And what an entry of the store
// takes besides its body.

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Measured } from '../../scripts/purge.ts'
import { STORE } from './case.ts'
import type { Case, Reading } from './case.ts'

const PROGRAM = fileURLToPath(new URL('../../scripts/purge.ts', import.meta.url))
const ENTRIES = 1_000_000
const WITHIN_MS = 120_000

export const purge: Case = {
  name: 'purge',
  title:
    'A store of 1,000,000 responses with one tag, made of core’s and the edges’ own parts in a process of its own, and a purge by that tag: the time until every look finds them purged (each is looked at), then core’s time to take them all out, which it does in turns beside its other work. An entry’s bytes besides its body of 512: by the store’s account (record, key of 49 bytes, 9 header lines, tag, index), and by what the process grew.',
  servers: ['breakwater'],
  metrics: [
    { key: 'purgeMs', label: 'purge ms', digits: 3, compared: false },
    { key: 'sweepMs', label: 'taken out ms', digits: 0, compared: false },
    { key: 'overhead', label: 'bytes an entry', digits: 0, compared: false },
    { key: 'resident', label: 'resident bytes an entry', digits: 0, compared: false },
  ],
  rounds: 3,
  variants: () => [
    {
      name: `${ENTRIES} entries`,
      setup: STORE,
      fresh: false,
      load: () => `node scripts/purge.ts ${ENTRIES}`,
      measure,
    },
  ],
}

async function measure(): Promise<Reading> {
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, String(ENTRIES)], { timeout: WITHIN_MS })
  const { stored, purged, ...values } = JSON.parse(stdout) as Measured
  const problems = stored === ENTRIES && purged === ENTRIES ? [] : [`${purged} of ${stored} of ${ENTRIES} were purged`]
  return { values, problems }
}
