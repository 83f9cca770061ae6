// The plan as people and programs see it: each event with what comes next of it, what is on, what overlaps, and what is still not
// undone. Every time stands there as milliseconds and in words with its offset, in the event's zone.

import { zonedText } from '../base/zoned.ts'
import { MODES } from '../config/modes.ts'
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

export interface StepView {
  step: string
  undo: string | null
  due: Time
  undoDue: Time | null
  state: State
  error: string | null
}

export interface EventView {
  name: string
  from: 'config' | 'hand'
  revision: number
  state: 'planned' | 'on' | 'over' | 'cancelled'
  zone: string
  site: string
  repeat: string | null
  expect: string | null
  /** What is on, or else what comes next. */
  start: Time | null
  end: Time | null
  /** Where the clocks skip or repeat the time. */
  note: string | null
  overlaps: string[]
  steps: StepView[]
}

/** `by` and `stopped` as of the last run. */
export interface PastView {
  name: string
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
  const run = planner.runs.open.find(each => each.event.name === event.name)
  const next = cancelled ? undefined : nextOccurrence(event, now)
  const span = run ?? next
  const time = (at: number): Time => ({ at, text: zonedText(at, event.zone) })
  const isOn = run !== undefined && run.start <= now
  return {
    name: event.name,
    from,
    revision,
    state: isOn ? 'on' : cancelled ? 'cancelled' : span === undefined ? 'over' : 'planned',
    zone: event.zone,
    site: planner.events.siteOf(event),
    repeat: event.repeat ?? null,
    expect: event.expect?.text ?? null,
    start: span === undefined ? null : time(span.start),
    end: span === undefined ? null : time(span.end),
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
      due: time(doAt),
      undoDue: undone ? time(undoAt) : null,
      state: run?.tasks[n]?.state ?? 'planned',
      error: run?.tasks[n]?.error ?? null,
    }
  })
}

/** In sentences: with whom, when, and which mode holds then. */
function overlaps(planner: Planner, { event }: Planned, now: number): string[] {
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
    const until = zonedText(Math.min(mine.end, its.end), event.zone)
    const strongest = MODES[Math.max(...modes)]!
    return [
      `It overlaps with ${other.event.name} from ${zonedText(Math.max(mine.start, its.start), event.zone)} until ${until}: they merge, and the stronger mode (${strongest}) holds.`,
    ]
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
  return { name: event.name, start: time(start), end: time(end), stopped, notDone }
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
