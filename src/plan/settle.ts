// Undoes what is due while no process serves: where the config is wrong, or the shield is not to be started again. Steps are
// undone from what is on disk alone.

import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../base/clock.ts'
import { Performer, nobody } from './perform.ts'
import type { Powers } from './perform.ts'
import { Runs } from './runs.ts'
import { wordsOf } from './words.ts'
import type { Say } from './runs.ts'
import { PlanStore } from './store.ts'
import { isOpen } from './task.ts'

/** Of each undo; then it is left to the next time. With 1 s and 2 s between them. */
const TRIES = 3

export interface Settled {
  undone: string[]
  /** Tried, and still not undone. */
  failed: { step: string; error: string | null }[]
  /** Not due yet: wall clock, milliseconds. */
  later: { step: string; due: number }[]
}

/** `everything`: what is not due yet, too. Throws what node:sqlite throws. */
export async function settle(
  data: string,
  post: Powers['post'],
  clock: Clock,
  log: Say,
  everything: boolean,
): Promise<Settled> {
  const store = new PlanStore(data)
  // A mode ends with its lease, and the next process begins without it.
  const runs = new Runs(store, new Performer(data, store.id, { ...nobody, post }), clock, log)
  await runs.quiet()
  const before = openOf(runs)
  if (everything) for (const run of runs.open) runs.changeEnd(run, Math.min(run.end, clock.now()), true)
  const lasts = (): boolean => openOf(runs).some(({ task }) => task.undoAt <= clock.now() && task.tries < TRIES)
  runs.look({ undosOnly: true })
  await runs.quiet()
  while (lasts()) {
    await sleep(250)
    runs.look({ undosOnly: true })
    await runs.quiet()
  }
  runs.look({ undosOnly: true })
  const after = openOf(runs)
  const result: Settled = {
    undone: before.filter(({ task }) => after.every(each => each.task.id !== task.id)).map(({ words }) => words),
    failed: after
      .filter(({ task }) => task.undoAt <= clock.now())
      .map(({ words, task }) => ({ step: words, error: task.error })),
    later: after
      .filter(({ task }) => task.undoAt > clock.now())
      .map(({ words, task }) => ({ step: words, due: task.undoAt })),
  }
  store.end()
  return result
}

const openOf = (runs: Runs) =>
  runs.open.flatMap(({ event, tasks }) =>
    tasks.filter(isOpen).map(task => ({ task, words: `${event.name}: ${wordsOf(task)}` })),
  )
