// One worker thread of a run and the memory it counts in; starting it, and ending it for certain.
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type { Job } from './job.ts'
import type { RouteCounts } from './routes.ts'
import { Tally } from './tally.ts'

/** A worker that has not ended this long after it was told to is ended from outside. */
const STOP_WITHIN_MS = 2000

/** A worker and what it counts. */
export interface Crew {
  worker: Worker
  tally: Tally
  /** What journeys did not find, in words, as it comes. */
  notes: string[]
  /** How each route answered; told at the end. */
  routes: [string, RouteCounts][]
  /** Settles when the thread has gone; rejects when it threw. */
  ended: Promise<unknown>
}

export function startCrew(job: Job): Crew {
  const tally = new Tally()
  // The package has main.js where a checkout has main.ts.
  const main = new URL(import.meta.url.endsWith('.ts') ? './main.ts' : './main.js', import.meta.url)
  const worker = new Worker(main, { name: 'rehearse', workerData: { job, tally: tally.buffer } })
  const notes: string[] = []
  const routes: [string, RouteCounts][] = []
  worker.on('message', (told: string | [string, RouteCounts][]) =>
    typeof told === 'string' ? void notes.push(told) : void routes.push(...told),
  )
  return { worker, tally, notes, routes, ended: once(worker, 'exit') }
}

/** Tells it to stop, and sees to it. */
export async function stopCrew({ worker, ended }: Crew): Promise<void> {
  worker.postMessage('stop')
  const gone = ended.then(
    () => true,
    () => true,
  )
  if (!(await Promise.race([gone, sleep(STOP_WITHIN_MS, false, { ref: false })]))) await worker.terminate()
}
