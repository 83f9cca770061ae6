// The threads that make up the process: a row a role. Everything else in this folder is the same for all of them.

import { existsSync } from 'node:fs'
import { scriptOf } from '../threads/spawn.ts'
import type { Birth, Order } from '../threads/messages.ts'
import type { MessagePort } from 'node:worker_threads'

export interface Role {
  name: Birth['role']
  script: URL
  /** Bound of its heap. Stored responses are not in it. */
  heapMiB: number
  /** One thread, or as many as the config says. */
  many: boolean
  /** How core is told that a thread of this role stands at the other end of a port; null where it has none to core. */
  arrival: ((slot: number, port: MessagePort) => Order) | null
  /** It starts once a thread of this role is ready, if the process has that role. */
  startsAfter?: Birth['role']
  /** In which turn it is asked to end: edges first, so that all they need is there until they are done. */
  endsIn: 1 | 2 | 3
}

/**
 * Core's heap holds questions that wait and flights: at 10,000 waiting requests of 1 KiB each 10 MiB, so 512 MiB are
 * ample. An edge holds bodies on their way (64 KiB for each of 1,000 slow visitors are 64 MiB). Watch holds the last seconds.
 */
const rows: Role[] = [
  { name: 'core', script: scriptOf('core'), heapMiB: 512, many: false, arrival: null, endsIn: 2 },
  {
    name: 'journal',
    script: scriptOf('journal'),
    heapMiB: 256,
    many: false,
    arrival: (_, port) => ({ type: 'journal', port }),
    endsIn: 2,
  },
  // A commit to disk holds up its whole thread: beside the journal it would hold up the epochs that core waits for.
  { name: 'forms', script: scriptOf('forms'), heapMiB: 256, many: false, arrival: null, endsIn: 2 },
  {
    name: 'watch',
    script: scriptOf('watch'),
    heapMiB: 128,
    many: false,
    arrival: (_, port) => ({ type: 'watch', port }),
    endsIn: 3,
  },
  {
    name: 'edge',
    script: scriptOf('edge'),
    heapMiB: 512,
    many: true,
    arrival: (slot, port) => ({ type: 'edge', slot, port }),
    // The journal is ready when the stored responses are back in memory: visitors come to a warm cache.
    startsAfter: 'journal',
    endsIn: 1,
  },
]

/** The roles whose script is part of this build, in the order in which they start. */
export const roles = (): Role[] => rows.filter(role => existsSync(role.script))
