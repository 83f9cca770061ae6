// A crash in the middle of a rush: how long until the first answer of the next process, and how much of the store is there.

import { get } from '../http.ts'
import { PAGES as COUNT, paths } from '../pages.ts'
import type { World } from '../world.ts'
import { STORE } from './case.ts'
import type { Case, Reading, Subject } from './case.ts'

const PAGES = paths(8)

export const restart: Case = {
  name: 'restart',
  title:
    'Killed (SIGKILL to all of its processes) and started again: the time from starting the process to its first answer, and the share of 200 stored pages of 8 KiB that had to be fetched from the origin again. nginx keeps its files on tmpfs; Varnish and HAProxy keep nothing.',
  servers: ['breakwater', 'nginx'],
  metrics: [
    { key: 'seconds', label: 's to first answer', digits: 3, compared: true },
    { key: 'cold', label: 'share lost', digits: 3, compared: false },
  ],
  rounds: 3,
  variants: () => [
    {
      name: '200 pages',
      setup: STORE,
      fresh: true,
      load: () => 'SIGKILL, start, 200 requests of the bench itself',
      measure,
    },
  ],
}

async function measure({ peer, server, setup }: Subject, world: World): Promise<Reading> {
  for (const path of PAGES) await get(server.port, path)
  process.kill(-server.pid, 'SIGKILL')
  await server.stop()
  const second = await peer.start(setup)
  try {
    const fetched = await world.origin.requests()
    const statuses: number[] = []
    for (const path of PAGES) statuses.push((await get(second.port, path)).status)
    const cold = (await world.origin.requests()) - fetched
    const failed = statuses.filter(status => status !== 200).length
    return {
      values: { seconds: second.startedIn / 1000, cold: cold / COUNT },
      problems: failed === 0 ? [] : [`${failed} of ${COUNT} pages were not answered 200`],
    }
  } finally {
    await second.stop()
  }
}
