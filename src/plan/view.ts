// The plan as people and programs see it: each event with what comes next of it, what is on, what overlaps, and what is still not
// undone. Every time stands there as milliseconds and in words with its offset, in the event's zone.

import { zonedText } from '../base/zoned.ts'
import { MODES } from '../config/modes.ts'
import type { Mode } from '../config/modes.ts'
import type { Planned } from './events.ts'
import { nextOccurrence, occurrences } from './occurrences.ts'
import type { Occurrence } from './occurrences.ts'
import type { Notice, Planner } from './planner.ts'
import { wordsOf } from './words.ts'
import type { Run } from './store.ts'
import { dueTimes, hasUndo } from './task.ts'
import type { State } from './task.ts'

const DAY = 86_400_000
/** So far ahead overlaps are looked for, and the calendar goes. */
const AHEAD = 60 * DAY
const CALENDAR = 400 * DAY
const MOST_PAST = 20

export interface Time {
  /** Wall clock, milliseconds. */
  at: number
  /** In the event's zone. */
  text: string
}

/** Events that merge for a while. */
export interface Overlap {
  with: string
  start: Time
  end: Time
  /** That holds then. */
  mode: Mode
}

export interface StepView {
  step: string
  undo: string | null
  /** The programs as they are run, where they are programs. */
  program: readonly string[] | null
  undoProgram: readonly string[] | null
  due: Time
  undoDue: Time | null
  state: State
  error: string | null
}

export interface EventView {
  name: string
  from: 'config' | 'hand'
  revision: number
  /** `ending`: it is over and not all of it is undone yet. */
  state: 'planned' | 'on' | 'ending' | 'over' | 'cancelled'
  zone: string
  site: string
  repeat: string | null
  expect: string | null
  /** As it is written: by the clocks of the zone. */
  at: string
  /** What is on, or else what comes next. */
  start: Time | null
  end: Time | null
  /** When it takes place again, where it is ending now. */
  next: Time | null
  /** Where the clocks skip or repeat the time. */
  note: string | null
  overlaps: Overlap[]
  steps: StepView[]
}

/** `by` and `stopped` as of the last run. */
export interface PastView {
  name: string
  zone: string
  start: Time
  end: Time
  stopped: boolean
  notDone: string[]
}

export interface PlanView {
  now: number
  events: EventView[]
  owed: ReturnType<typeof owedView>[]
  past: PastView[]
  /** What the status page says of events. */
  notices: Notice[]
}

export function planView(planner: Planner, now: number): PlanView {
  return {
    now,
    events: planner.events.all.map(planned => eventView(planner, planned, now)),
    owed: planner.owed.map(owed => owedView(owed)),
    past: planner.past(MOST_PAST).map(pastView),
    notices: planner.notices,
  }
}

export function eventView(planner: Planner, planned: Planned, now: number): EventView {
  const { event, from, revision, cancelled } = planned
  const open = planner.runs.open.filter(each => each.event.name === event.name)
  const run = open.find(({ end }) => now < end) ?? open.at(-1)
  const next = cancelled ? undefined : nextOccurrence(event, now)
  const span = run ?? next
  const time = (at: number): Time => ({ at, text: zonedText(at, event.zone) })
  const isOn = run !== undefined && run.start <= now
  return {
    name: event.name,
    from,
    revision,
    state: isOn ? (now < run.end ? 'on' : 'ending') : cancelled ? 'cancelled' : span === undefined ? 'over' : 'planned',
    zone: event.zone,
    site: planner.events.siteOf(event),
    repeat: event.repeat ?? null,
    expect: event.expect?.text ?? null,
    at: event.at,
    start: span === undefined ? null : time(span.start),
    end: span === undefined ? null : time(span.end),
    next: isOn && now >= run.end && next !== undefined ? time(next.start) : null,
    note: next?.note ?? null,
    overlaps: cancelled ? [] : overlaps(planner, planned, now),
    steps: span === undefined ? [] : stepViews(planned, run, span, time),
  }
}

function stepViews(
  { event }: Planned,
  run: Run | undefined,
  span: Pick<Run, 'start' | 'end'>,
  time: (at: number) => Time,
): StepView[] {
  const steps = run?.event.steps ?? event.steps
  return steps.map((step, n) => {
    const { doAt, undoAt } = dueTimes(step, span.start, span.end)
    const undone = hasUndo(step)
    const said = undone ? (step.mode === undefined ? wordsOf({ step }, 'undo') : 'the mode before') : null
    return {
      step: wordsOf({ step }),
      undo: said,
      program: step.run ?? null,
      undoProgram: step.undo.run ?? null,
      due: time(doAt),
      undoDue: undone ? time(undoAt) : null,
      state: run?.tasks[n]?.state ?? 'planned',
      error: run?.tasks[n]?.error ?? null,
    }
  })
}

/** With whom, when, and which mode holds then. */
function overlaps(planner: Planner, { event }: Planned, now: number): Overlap[] {
  const time = (at: number): Time => ({ at, text: zonedText(at, event.zone) })
  const own = occurrences(event, now, now + AHEAD)
  const site = planner.events.siteOf(event)
  const others = planner.events.all.filter(
    each => !each.cancelled && each.event.name !== event.name && planner.events.siteOf(each.event) === site,
  )
  return others.flatMap(other => {
    const there = occurrences(other.event, now, now + AHEAD)
    const [mine, its] = firstOverlap(own, there) ?? []
    if (mine === undefined || its === undefined) return []
    const modes = [event, other.event].flatMap(({ steps }) => steps.map(({ mode }) => MODES.indexOf(mode ?? 'normal')))
    const [start, end] = [Math.max(mine.start, its.start), Math.min(mine.end, its.end)]
    return [{ with: other.event.name, start: time(start), end: time(end), mode: MODES[Math.max(...modes)]! }]
  })
}

function firstOverlap(own: readonly Occurrence[], others: readonly Occurrence[]): [Occurrence, Occurrence] | undefined {
  for (const mine of own) for (const its of others) if (mine.start < its.end && its.start < mine.end) return [mine, its]
  return undefined
}

/** "backups are still off since 02:10": what is still not undone. */
export function owedView({ event, step, undo, off, zone, since, tries, error }: Planner['owed'][number]) {
  const moment = zonedText(since, zone)
  const what = off === null ? `"${step}" is still not undone` : `${off} are still off`
  const text = `${event}: ${what} since ${moment}, ${new Date(since).toISOString().slice(0, 16).replace('T', ' ')} UTC; "${undo}" was tried ${tries} times${error === null ? '' : ` (${error})`}.`
  return { event, step, undo, off, since, tries, error, text }
}

function pastView({ event, start, end, stopped, tasks }: Run): PastView {
  const time = (at: number): Time => ({ at, text: zonedText(at, event.zone) })
  const notDone = tasks.filter(({ state }) => state === 'skipped').map(task => wordsOf(task))
  return { name: event.name, zone: event.zone, start: time(start), end: time(end), stopped, notDone }
}

/** What stands in the calendar: each occurrence that is on or to come, of all events that are not cancelled. */
export const calendarOf = (planner: Planner, now: number): { planned: Planned; occurrence: Occurrence }[] =>
  planner.events.all
    .filter(({ cancelled }) => !cancelled)
    .flatMap(planned =>
      occurrences(planned.event, now - DAY, planned.event.repeat === undefined ? Infinity : now + CALENDAR).map(
        occurrence => ({ planned, occurrence }),
      ),
    )
