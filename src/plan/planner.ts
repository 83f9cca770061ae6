// The plan as a whole: begins a run when an event's first step is due, moves the ends of those that were changed, and answers who
// asks what is planned and what is not undone. Its clock is handed in, so a year can pass in a test.

import type { Clock } from '../base/clock.ts'
import { zonedText } from '../base/zoned.ts'
import type { EventConfig } from '../config/types.ts'
import { Events, NotDone } from './events.ts'
import type { Planned } from './events.ts'
import { nextOccurrence, occurrences } from './occurrences.ts'
import type { Occurrence } from './occurrences.ts'
import type { Performs } from './perform.ts'
import { Runs } from './runs.ts'
import { wordsOf } from './words.ts'
import type { Say } from './runs.ts'
import type { PlanStore, Run } from './store.ts'
import { dueTimes, isOpen } from './task.ts'
import type { State } from './task.ts'

const DAY = 86_400_000
/** Occurrences are looked up for two days ahead, once a day: with the longest `before` of a step. */
const AHEAD = 2 * DAY
const LONGEST_BEFORE = 7 * DAY

/** What is still to be undone though its time has come. */
export interface Owed {
  event: string
  step: string
  undo: string
  /** What it switched off, where somebody has named it. */
  off: string | null
  /** Of the event. */
  zone: string
  /** Since when it should be undone, wall clock in milliseconds. */
  since: number
  tries: number
  error: string | null
}

/** Wall clock, milliseconds. */
export interface Notice {
  event: string
  site: string
  text: string
  since: number
  until: number
}

export class Planner {
  readonly events: Events
  readonly runs: Runs
  readonly #store: PlanStore
  readonly #clock: Clock
  #coming: { planned: Planned; occurrence: Occurrence; from: number }[] = []
  /** When `#coming` was looked up; it is looked up anew when the clock has gone on for a day, or back. */
  #lookedUpAt = NaN

  constructor(store: PlanStore, performer: Performs, clock: Clock, log: Say) {
    this.#store = store
    this.#clock = clock
    this.events = new Events(store)
    this.runs = new Runs(store, performer, clock, log)
  }

  configure(events: readonly EventConfig[], sites: readonly string[], untold: string | null = null): void {
    this.events.configure(events, sites, untold)
    this.changed()
  }

  /** Some event is another one now: those that are on end by what it says. */
  changed(): void {
    this.#lookedUpAt = NaN
    for (const run of this.runs.open) {
      const planned = this.events.all.find(({ event }) => event.name === run.event.name)
      if (planned === undefined || planned.cancelled || run.stopped || run.by === 'hand') continue
      const now = occurrences(planned.event, run.start, run.start + 1).find(({ key }) => key === run.key)
      if (now !== undefined && now.end !== run.end) this.runs.changeEnd(run, now.end, false)
    }
  }

  /** Does what is due. Returns when to look again at the latest, wall clock in milliseconds. Throws when it cannot be written. */
  look(): number {
    const now = this.#clock.now()
    if (!(now >= this.#lookedUpAt && now < this.#lookedUpAt + DAY)) this.#lookUp(now)
    let next = this.#lookedUpAt + DAY
    for (const each of this.#coming) {
      if (now >= each.from && now < each.occurrence.end) this.#begin(each.planned, each.occurrence)
      else if (each.from > now) next = Math.min(next, each.from)
    }
    this.#coming = this.#coming.filter(({ from }) => from > now)
    return Math.min(next, this.runs.look() ?? Infinity)
  }

  /** Begins it now, for as long as it is planned to last. Throws NotDone. */
  start(name: string): Run {
    const planned = this.events.named(name)
    const on = this.#on(name)
    if (on !== undefined)
      throw new NotDone(
        'state',
        `${name} is on already: since ${zonedText(on.start, on.event.zone)}, until ${zonedText(on.end, on.event.zone)}.`,
      )
    const { event } = planned
    const start = this.#clock.now()
    const length = event.for ?? lengthOf(nextOccurrence(event, -Infinity)!)
    const run = {
      event,
      key: `${name} by hand ${new Date(start).toISOString()}`,
      site: this.events.siteOf(event),
      start,
      end: start + length,
      by: 'hand',
      stopped: false,
    } as const
    this.runs.begin(run)
    return this.#on(name)!
  }

  /** Ends what is on of it now; its undos are due. Throws NotDone where nothing is. */
  stop(name: string): Run {
    const on = this.#on(name)
    if (on === undefined) {
      this.events.named(name)
      throw new NotDone('state', `${name} is not on now.`)
    }
    for (const run of this.#allOn(name)) this.runs.changeEnd(run, this.#clock.now(), true)
    return on
  }

  /** Throws NotDone where there is none. What is on of it ends now. */
  cancel(name: string): Planned {
    const cancelled = this.events.cancel(name)
    for (const run of this.#allOn(name)) this.runs.changeEnd(run, this.#clock.now(), true)
    this.changed()
    return cancelled
  }

  /** Events were kept or removed for another node. */
  refreshed(): void {
    this.events.refreshed()
    this.changed()
  }

  /** Another node has stopped this run. */
  stopAt(key: string, end: number): void {
    const open = this.runs.open.find(run => run.key === key)
    if (open !== undefined && (open.end !== end || !open.stopped)) this.runs.changeEnd(open, end, true)
  }

  /** Another node has begun this run. What is over is not begun here, but what is left of it is undone: `states` say how far it is. */
  takePart(run: Omit<Run, 'id' | 'tasks' | 'site'>, states: readonly State[]): void {
    const isOver = run.end <= this.#clock.now()
    this.runs.begin({ ...run, site: this.events.siteOf(run.event) }, isOver ? states : [])
  }

  /** Whether some event is on, from its start to its end. */
  get isOn(): boolean {
    const now = this.#clock.now()
    return this.runs.open.some(({ start, end }) => start <= now && now < end)
  }

  /** What the status page is to say of events now, the latest last. */
  get notices(): Notice[] {
    return this.runs.open.flatMap(({ event, site, tasks, end }) =>
      tasks.flatMap(({ step, state, since, undoAt }) =>
        step.notice === undefined || state !== 'done'
          ? []
          : [{ event: event.name, site, text: step.notice, since, until: Math.max(end, undoAt) }],
      ),
    )
  }

  get owed(): Owed[] {
    const now = this.#clock.now()
    return this.runs.open.flatMap(run =>
      run.tasks
        .filter(
          task =>
            isOpen(task) && now >= task.undoAt && (task.tries > 1 || task.state === 'owed' || now > task.undoAt + 5000),
        )
        .map(task => ({
          event: run.event.name,
          step: wordsOf(task),
          undo: wordsOf(task, 'undo'),
          off: task.step.off ?? null,
          zone: run.event.zone,
          since: task.undoAt,
          tries: task.tries,
          error: task.error,
        })),
    )
  }

  /** The last runs that are over, the newest first. */
  past(most: number): Run[] {
    return this.#store.past(most)
  }

  #on = (name: string): Run | undefined => this.#allOn(name)[0]

  #allOn(name: string): Run[] {
    const now = this.#clock.now()
    return this.runs.open.filter(({ event, end }) => event.name === name && now < end)
  }

  #begin({ event }: Planned, { key, start, end }: Occurrence): void {
    if (this.#store.knows(key)) return
    this.runs.begin({ event, key, site: this.events.siteOf(event), start, end, by: 'plan', stopped: false })
  }

  #lookUp(now: number): void {
    this.#lookedUpAt = now
    this.#coming = this.events.all
      .filter(({ cancelled }) => !cancelled)
      .flatMap(planned =>
        occurrences(planned.event, now, now + AHEAD + LONGEST_BEFORE).map(occurrence => ({
          planned,
          occurrence,
          from: firstStepOf(planned.event, occurrence),
        })),
      )
  }
}

const lengthOf = ({ start, end }: Occurrence): number => end - start

/** When its first step is due, or its start where none is earlier. */
const firstStepOf = ({ steps }: EventConfig, { start, end }: Occurrence): number =>
  Math.min(start, ...steps.map(step => dueTimes(step, start, end).doAt))
