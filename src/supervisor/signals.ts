// What signals mean: the first SIGTERM or SIGINT lets requests in flight end, a second one ends at once, SIGHUP loads the
// config anew.

import { constants } from 'node:os'
import type { Clock } from '../base/clock.ts'

export interface Signalled {
  drain(): Promise<number>
  reload(): Promise<string[]>
}

const ENDING = ['SIGTERM', 'SIGINT'] as const
/**
 * Signals this close, in milliseconds, are one: the terminal sends Ctrl-C to the whole process group, and npm and shells on
 * the way hand on what they got. Nobody presses twice so fast.
 */
export const SAME_SIGNAL = 200

/** Obeys signals to `process`. `exit` ends the process at once, with 128 plus the signal's number as shells have it. */
export function obeySignals(
  process: NodeJS.EventEmitter,
  supervisor: Signalled,
  exit: (code: number) => void,
  clock: Clock,
): void {
  let first: number | undefined
  for (const signal of ENDING)
    process.on(signal, () => {
      if (first === undefined) {
        first = clock.monotonic()
        void supervisor.drain()
      } else if (clock.monotonic() - first > SAME_SIGNAL) exit(128 + constants.signals[signal])
    })
  process.on('SIGHUP', () => void supervisor.reload())
}
