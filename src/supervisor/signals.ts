// What signals mean: the first SIGTERM or SIGINT lets requests in flight end, a second one ends at once, SIGHUP loads the
// config anew.

import { constants } from 'node:os'

export interface Signalled {
  drain(): Promise<number>
  reload(): Promise<string[]>
}

const ENDING = ['SIGTERM', 'SIGINT'] as const

/** Obeys signals to `process`. `exit` ends the process at once, with 128 plus the signal's number as shells have it. */
export function obeySignals(process: NodeJS.EventEmitter, supervisor: Signalled, exit: (code: number) => void): void {
  let ending = false
  for (const signal of ENDING)
    process.on(signal, () => {
      if (ending) return exit(128 + constants.signals[signal])
      ending = true
      void supervisor.drain()
    })
  process.on('SIGHUP', () => void supervisor.reload())
}
