// What several events want at the same time, put together: the stronger mode holds, and what two of them do in the same words is
// done once and undone once, by whoever lets go last. Pure.

import { MODES } from '../config/modes.ts'
import type { Mode } from '../config/modes.ts'
import type { Task } from './task.ts'

/** What a task holds; null for what nobody can hold, as warming. */
export function heldBy({ step }: Task, site: string): string | null {
  const { mode, run, webhook, undo, join, admit } = step
  if (mode !== undefined) return `mode:${site}`
  if (admit !== undefined) return `admit:${site}/${admit.room}`
  if (join !== undefined) return `join:${site} ${JSON.stringify(join.toSorted())}`
  return undo.run === undefined && undo.webhook === undefined
    ? null
    : JSON.stringify([run, webhook, undo.run, undo.webhook])
}

/** Wherever it may hold what it is to hold, and does not let go of it now. */
export const holds = ({ state, begun }: Task): boolean =>
  state === 'doing' || state === 'done' || (state === 'trying' && begun)

export interface Wanted {
  mode: Mode
  /** Wall clock, milliseconds: with its lease, so that it ends by itself should nobody be there to end it. */
  until: number
}

/** A mode ends by itself so much after its event. */
const LEASE = 60_000

/** The strongest mode that these tasks of one site hold it in, until the last of them ends; null where none does. */
export function strongest(tasks: readonly Task[]): Wanted | null {
  const modes = tasks.filter(task => task.step.mode !== undefined)
  if (modes.length === 0) return null
  const mode = MODES[Math.max(...modes.map(({ step }) => MODES.indexOf(step.mode!)))]!
  return {
    mode,
    until: Math.max(...modes.filter(({ step }) => step.mode === mode).map(({ undoAt }) => undoAt)) + LEASE,
  }
}

export type Way =
  /** Nobody else is concerned. */
  | { type: 'act' }
  /** What is wanted is so already. */
  | { type: 'join'; other: Task }
  /** Somebody is about it; ask again. */
  | { type: 'wait' }
  /** The other's undo has failed and is not needed now: this task takes over the duty to undo. */
  | { type: 'take-over'; other: Task }
  /** Somebody else still needs it, and will undo it. */
  | { type: 'leave-to'; other: Task }

/** How a run or webhook is done, where `others` want the same. */
export function wayToDo(others: readonly Task[]): Way {
  if (others.some(({ state }) => state === 'doing' || state === 'undoing')) return { type: 'wait' }
  const done = others.find(({ state }) => state === 'done')
  if (done !== undefined) return { type: 'join', other: done }
  const owed = others.find(({ state }) => state === 'owed')
  if (owed !== undefined) return { type: 'take-over', other: owed }
  return others.some(holds) ? { type: 'wait' } : { type: 'act' }
}

/** How it is undone. */
export function wayToUndo(others: readonly Task[]): Way {
  if (others.some(({ state }) => state === 'doing' || state === 'undoing')) return { type: 'wait' }
  const other = others.find(holds)
  return other === undefined ? { type: 'act' } : { type: 'leave-to', other }
}
