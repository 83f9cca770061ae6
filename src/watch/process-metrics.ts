// The metrics that every Prometheus client library gives for its process and for Node, under their usual names.

import { EdgeWord, GlobalWord } from '../board/board.ts'
import type { Metric, Sample } from './exposition.ts'
import type { Sources } from './stats.ts'

/** Threads that are there once, and the word of the board in which each tells its delay. */
const single = {
  supervisor: GlobalWord.mainDelay,
  'core-0': GlobalWord.coreDelay,
  'journal-0': GlobalWord.journalDelay,
  'forms-0': GlobalWord.formsDelay,
  'watch-0': GlobalWord.watchDelay,
}

export function processMetrics({ board, state, host }: Sources): Metric[] {
  const { startedAt, threads } = state()
  const { files } = host.figures
  const { user, system } = process.cpuUsage()
  const edges = threads
    .filter(row => row.role === 'edge')
    .map(({ slot }): Sample => {
      return { labels: { thread: `edge-${slot}` }, value: board.edge(slot)[EdgeWord.loopDelay]! / 1e6 }
    })
  const others = Object.entries(single).map(([thread, word]) => ({
    labels: { thread },
    value: Atomics.load(board.global, word) / 1e6,
  }))
  return [
    one('process_start_time_seconds', 'gauge', 'Start time of the process since the Unix epoch.', startedAt / 1000),
    one('process_cpu_user_seconds_total', 'counter', 'User CPU time of all threads.', user / 1e6),
    one('process_cpu_system_seconds_total', 'counter', 'System CPU time of all threads.', system / 1e6),
    one('process_cpu_seconds_total', 'counter', 'CPU time of all threads.', (user + system) / 1e6),
    one('process_resident_memory_bytes', 'gauge', 'Resident memory.', process.memoryUsage.rss()),
    one('process_open_fds', 'gauge', 'Open file descriptors.', files?.open),
    one('process_max_fds', 'gauge', 'File descriptors that the system allows.', files?.most),
    {
      name: 'nodejs_eventloop_lag_seconds',
      help: 'Worst delay of the event loop of each thread over the last second.',
      type: 'gauge',
      samples: [...edges, ...others],
    },
    {
      name: 'nodejs_version_info',
      help: 'Always 1; the version of Node is the label.',
      type: 'gauge',
      samples: [{ labels: { version: process.version }, value: 1 }],
    },
  ]
}

const one = (name: string, type: 'counter' | 'gauge', help: string, value: number | undefined): Metric => ({
  name,
  help,
  type,
  samples: value === undefined ? [] : [{ value }],
})
