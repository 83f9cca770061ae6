// The life of one step of one run: done when it is due, and undone whatever happens. A pure state machine. It is on disk, with its
// undo, before it is done; and once it may have been done at all, only an undo that succeeded ends it.
//
//   planned ─▶ doing ─▶ done ─▶ undoing ─▶ undone          trying: the do failed and is tried again
//      │         └─▶ trying ─┴──────┴─▶ owed ─▶ undoing    owed:   the undo failed and is tried again

import type { StepConfig } from '../config/types.ts'

const STATES = ['planned', 'doing', 'trying', 'done', 'undoing', 'owed', 'undone', 'skipped'] as const
export type State = (typeof STATES)[number]

/** Wall clock, milliseconds, throughout. */
export interface Task {
  id: string
  step: StepConfig
  doAt: number
  /** From here on what was not done is not done any more. */
  giveUpAt: number
  undoAt: number
  state: State
  /** It may have been done, at least in part. */
  begun: boolean
  /** Of what it is at now: doing or undoing. */
  tries: number
  /** Not before. */
  nextAt: number
  /** What went wrong the last time. */
  error: string | null
  /** Since when its state is this. */
  since: number
}

export type Act = 'do' | 'undo'

/** `never-began`: it is certain that nothing was done. `unknown`: nobody can tell, as after a power failure. */
export type Outcome = { type: 'ok' } | { type: 'failed'; error: string } | { type: 'never-began' } | { type: 'unknown' }

/** An hour: a step for the end that comes later than this has lost its sense. */
const END_STEP_WITHIN = 3_600_000
/** 1 s, 2 s, 4 s … and then every five minutes, for as long as it takes. */
const FIRST_WAIT = 1000
const LONGEST_WAIT = 300_000

/** Steps of which something holds until they are undone, by themselves. */
const undoesItself = ({ mode, join, admit, notice }: StepConfig): boolean =>
  [mode, join, admit, notice].some(each => each !== undefined)

export const hasUndo = (step: StepConfig): boolean =>
  undoesItself(step) || step.undo.run !== undefined || step.undo.webhook !== undefined

/** When a step is due in a run from `start` to `end`. */
export function dueTimes(step: StepConfig, start: number, end: number): Pick<Task, 'doAt' | 'giveUpAt' | 'undoAt'> {
  const doAt = (step.at === 'end' ? end : start) - step.before
  return { doAt, giveUpAt: step.at === 'end' ? end + END_STEP_WITHIN : end, undoAt: end + step.hold }
}

/** What is to be done about it at `now`: null for nothing. */
export function duty(task: Task, now: number): Act | 'skip' | null {
  const isLate = now >= task.giveUpAt
  if (task.state === 'planned') return isLate ? 'skip' : now >= task.doAt ? 'do' : null
  if (task.state === 'trying') {
    if (hasUndo(task.step) && now >= task.undoAt) return 'undo'
    return isLate ? (hasUndo(task.step) ? null : 'skip') : now >= task.nextAt ? 'do' : null
  }
  if (task.state === 'done') return hasUndo(task.step) && now >= task.undoAt ? 'undo' : null
  return task.state === 'owed' && now >= task.nextAt ? 'undo' : null
}

/** When `duty` has to be asked again if nothing happens; null for never. */
export function nextLook(task: Task): number | null {
  const { state, step, doAt, giveUpAt, undoAt, nextAt } = task
  if (state === 'planned') return doAt
  if (state === 'trying') return Math.min(nextAt, hasUndo(step) ? undoAt : giveUpAt)
  if (state === 'done') return hasUndo(step) ? undoAt : null
  return state === 'owed' ? nextAt : null
}

/** It may have been done and is not undone. */
export const isOpen = ({ state, step, begun }: Task): boolean =>
  hasUndo(step) && (begun || state === 'doing') && state !== 'undone' && state !== 'skipped'

/** Nothing will be done about it any more. */
export const isOver = (task: Task): boolean =>
  task.state === 'undone' || task.state === 'skipped' || (task.state === 'done' && !hasUndo(task.step))

/** It has begun to be done or undone: to be written to disk before it is. */
export const beginning = (task: Task, act: Act, now: number): Task => ({
  ...task,
  state: act === 'do' ? 'doing' : 'undoing',
  tries: task.state === 'trying' && act === 'undo' ? 1 : task.tries + 1,
  since: now,
})

/** What was begun came to this. */
export function ended(task: Task, outcome: Outcome, now: number): Task {
  const isDo = task.state === 'doing'
  const next = { ...task, since: now, error: outcome.type === 'failed' ? outcome.error : null }
  if (outcome.type === 'ok') return { ...next, state: isDo ? 'done' : 'undone', begun: true, tries: 0 }
  if (outcome.type === 'never-began')
    return { ...next, state: isDo ? (task.begun ? 'trying' : 'planned') : 'owed', nextAt: now }
  const nextAt = now + (outcome.type === 'failed' ? waitAfter(task.tries) : 0)
  return { ...next, state: isDo ? 'trying' : 'owed', begun: true, nextAt }
}

export const skipped = (task: Task, now: number): Task => ({ ...task, state: 'skipped', since: now })

/** Another task has done the same and it still holds: nothing to do but to see to it that somebody undoes it. */
export const joined = (task: Task, now: number): Task => ({ ...task, state: 'done', begun: true, tries: 0, since: now })

/** Another task will undo it. */
export const handedOver = (task: Task, now: number): Task => ({ ...task, state: 'undone', error: null, since: now })

/** To be done anew though it was done: what it says has changed, as the end of a mode; or what it did was in memory alone. */
export const again = (task: Task, now: number): Task => ({
  ...task,
  state: 'trying',
  tries: 0,
  nextAt: now,
  since: now,
})

const waitAfter = (tries: number): number =>
  Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.min(20, Math.max(0, tries - 1)))
