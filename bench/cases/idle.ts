// Memory with 10,000 visitors who have their page and keep their connection. Servers are new for it, so that nothing
// else has grown them.

import { setTimeout as sleep } from 'node:timers/promises'
import { hold } from '../load/idle.ts'
import { paths } from '../pages.ts'
import { residentBytes } from '../proc.ts'
import { ALL_SERVERS, STORE } from './case.ts'
import type { Case, Reading, Subject, Variant } from './case.ts'

const MIB = 2 ** 20
const PAGE = paths(8)[0]!
/** Long enough for a server to give back what it held for the answers. */
const SETTLE_MS = 1000

export const idle: Case = {
  name: 'idle',
  title:
    'Memory with idle connections, each of which has asked for one page with a browser’s head: resident memory of all processes, pages shared by several counted once.',
  servers: ALL_SERVERS,
  metrics: [
    { key: 'perConnection', label: 'KiB/connection', digits: 2, compared: true },
    { key: 'total', label: 'MiB in all', digits: 1, compared: true },
    { key: 'empty', label: 'MiB before', digits: 1, compared: false },
  ],
  rounds: 1,
  variants: ({ connections }) => [withConnections(connections)],
}

function withConnections(count: number): Variant {
  return {
    name: `${count} connections`,
    setup: STORE,
    fresh: true,
    load: () => `${count} connections opened by the bench itself`,
    measure: subject => measure(subject, count),
  }
}

async function measure({ server }: Subject, count: number): Promise<Reading> {
  ;(await hold(100, server.port, PAGE, 8192)).close()
  const empty = residentBytes(server.pid)
  const held = await hold(count, server.port, PAGE, 8192)
  await sleep(SETTLE_MS)
  const total = residentBytes(server.pid)
  const open = held.open()
  held.close()
  const problems = open === count ? [] : [`only ${open} of ${count} connections stayed open`]
  if (total === 0) problems.push('the memory of the server cannot be read')
  return {
    values: { perConnection: (total - empty) / 1024 / count, total: total / MIB, empty: empty / MIB },
    problems,
  }
}
