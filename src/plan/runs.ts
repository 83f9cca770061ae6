// Carries out the runs: asks of each step what is due, writes down that it begins, has it performed, and writes down what
// came of it. After a death it begins with what the one before left in doubt.

import type { Clock } from '../base/clock.ts'
import { heldBy, holds, strongest, wayToDo, wayToUndo } from './merge.ts'
import type { Way } from './merge.ts'
import type { StepConfig } from '../config/types.ts'
import type { Admission, Performs, Try } from './perform.ts'
import { isRunOver } from './store.ts'
import type { PlanStore, Run } from './store.ts'
import * as task from './task.ts'
import { wordsOf } from './words.ts'
import type { Act, Outcome, Task } from './task.ts'

export type Say = (level: 'info' | 'warn' | 'error', event: string, detail: Record<string, unknown>) => void

/** Tries with one event of the log each; later ones are every five minutes. */
const LOGGED_TRIES = 5

export class Runs {
  readonly #store: PlanStore
  readonly #performer: Performs
  readonly #clock: Clock
  readonly #log: Say
  #open: Run[]
  readonly #busy = new Set<Promise<void>>()
  /** Called when something came to its end, so that what waited for it goes on. */
  onSettled: () => void = () => undefined

  constructor(store: PlanStore, performer: Performs, clock: Clock, log: Say) {
    this.#store = store
    this.#performer = performer
    this.#clock = clock
    this.#log = log
    this.#open = store.open
    for (const run of this.#open) for (const each of run.tasks) this.#recover(run, each)
    this.reassert(({ join, admit }) => join !== undefined || admit !== undefined)
  }

  /** Does once more what such steps have done: it was in the memory of somebody who has died. Throws when it cannot be written. */
  reassert(isSuch: (step: StepConfig) => boolean): void {
    for (const run of this.#open)
      for (const each of run.tasks)
        if (each.state === 'done' && isSuch(each.step)) this.#set(run, [task.again(each, this.#clock.now())])
  }

  /** Those that are not over. */
  get open(): readonly Run[] {
    return this.#open
  }

  /** Resolves when nothing is being done or undone. */
  async quiet(): Promise<void> {
    while (this.#busy.size > 0) await Promise.all(this.#busy)
  }

  /** False where there was one of this key. `states`: how far others have come with its steps. Throws when it cannot be written. */
  begin(run: Omit<Run, 'id' | 'tasks'>, states: readonly task.State[] = []): boolean {
    const now = this.#clock.now()
    const added = this.#store.addRun(run, now, states)
    if (added === undefined) return false
    this.#open.push(added)
    const { event, site, start, end, by } = run
    this.#log('info', 'event-begins', { name: event.name, site, start: iso(start), end: iso(end), by })
    return true
  }

  /** Another end for a run that goes on: its undos are due by that. Throws when it cannot be written. */
  changeEnd(run: Run, end: number, stopped: boolean): void {
    const next = { ...run, end, stopped }
    this.#store.keepEnd(next)
    Object.assign(run, next)
    for (const [n, each] of run.tasks.entries()) {
      const moved = { ...each, ...task.dueTimes(each.step, run.start, end) }
      const isMode = each.step.mode !== undefined && each.state === 'done' && moved.undoAt > this.#clock.now()
      run.tasks[n] = isMode ? task.again(moved, this.#clock.now()) : moved
    }
    this.#store.keep(...run.tasks)
  }

  /** Does what is due; to be called again at the moment that it returns, if there is one. Throws when it cannot be written. */
  look({ undosOnly = false } = {}): number | null {
    const now = this.#clock.now()
    let next = Infinity
    for (const run of this.#open) {
      for (const n of run.tasks.keys()) this.#lookAt(run, n, now, undosOnly)
      for (const each of run.tasks)
        if (!waitsForEarlier(run, each)) next = Math.min(next, task.nextLook(each) ?? Infinity)
      if (now < run.end) next = Math.min(next, run.end)
    }
    this.#close(now)
    return next === Infinity ? null : next
  }

  #lookAt(run: Run, n: number, now: number, undosOnly: boolean): void {
    const each = run.tasks[n]!
    const act = task.duty(each, now)
    if (act === null || (act === 'do' && (undosOnly || waitsForEarlier(run, each)))) return
    if (act === 'skip') return this.#set(run, [task.skipped(each, now)])
    const way = this.#way(run, each, act)
    if (way.type === 'wait') return
    if (way.type === 'join' || way.type === 'leave-to') {
      this.#log('info', 'event-merged', {
        name: run.event.name,
        step: wordsOf(each),
        act,
        with: this.#runOf(way.other),
      })
      return this.#set(run, [way.type === 'join' ? task.joined(each, now) : task.handedOver(each, now)])
    }
    const begun = task.beginning(each, act, now)
    this.#set(run, way.type === 'take-over' ? [begun, task.handedOver(way.other, now)] : [begun])
    const given = { run, task: begun, act, ...this.#modes(begun, run.site), ...this.#held(begun, act, run.site) }
    this.#settle(given, this.#performer.perform(given))
  }

  /** A mode is set anew whenever who wants it changes; so is nobody's what nobody holds. */
  #way(run: Run, each: Task, act: Act): Way {
    const key = heldBy(each, run.site)
    if (key === null || each.step.mode !== undefined || each.step.admit !== undefined) return { type: 'act' }
    const others = this.#open.flatMap(({ tasks, site }) =>
      tasks.filter(other => other.id !== each.id && heldBy(other, site) === key),
    )
    return act === 'do' ? wayToDo(others) : wayToUndo(others)
  }

  /** The mode that open runs hold the site in now that this task has begun, and what was commanded before. On disk first. */
  #modes(begun: Task, site: string): Pick<Try, 'wanted' | 'before'> {
    if (begun.step.mode === undefined) return { wanted: null, before: null }
    const wanted = strongest(this.#open.flatMap(run => (run.site === site ? run.tasks.filter(holds) : [])))
    const before = this.#store.commandedFor(site)
    if (wanted !== null) this.#store.keepCommanded(site, wanted)
    return { wanted, before }
  }

  /** What of origins and of a waiting room open runs hold with this task, which has begun. On disk first. */
  #held(begun: Task, act: Act, site: string): Pick<Try, 'joined' | 'admission'> {
    const held = heldBy(begun, site)
    const { join, admit } = begun.step
    if (held === null || (join === undefined && admit === undefined)) return { joined: [], admission: null }
    if (join === undefined) return { joined: [], admission: this.#admission(held) }
    const before = this.#store.joinedFor(held)
    const joined = act === 'undo' ? before : [...new Set([...before, ...this.#performer.newTo(site, join)])]
    if (act === 'do') this.#store.keepJoined(held, joined)
    return { joined, admission: null }
  }

  /** Who came last says how the room calls. */
  #admission(held: string): Admission | null {
    const last = this.#open
      .flatMap(run =>
        run.tasks.filter(each => holds(each) && heldBy(each, run.site) === held).map(each => ({ run, each })),
      )
      .at(-1)
    if (last === undefined) return null
    const { opens, sessions, rate } = last.each.step.admit!
    return { opens: opens ? last.run.start : null, sessions, rate }
  }

  #recover(run: Run, each: Task): void {
    if (each.state !== 'doing' && each.state !== 'undoing') return
    const act = each.state === 'doing' ? 'do' : 'undo'
    const given = { run, task: each, act, wanted: null, before: null, joined: [], admission: null } satisfies Try
    this.#settle(given, this.#performer.outcome(given))
  }

  #settle(given: Try, performed: Promise<Outcome>): void {
    const settled = performed
      .then(outcome => this.#ended(given, outcome))
      .catch((error: unknown) => this.#log('error', 'plan-not-kept', { error }))
      .finally(() => {
        this.#busy.delete(settled)
        this.onSettled()
      })
    this.#busy.add(settled)
  }

  async #ended({ run, task: begun, act }: Try, outcome: Outcome): Promise<void> {
    for (;;) {
      // Its end may have been moved meanwhile.
      const now = this.#clock.now()
      const current = run.tasks.find(({ id }) => id === begun.id)!
      try {
        this.#set(run, [task.ended(current, outcome, now)])
        break
      } catch (error) {
        this.#log('error', 'plan-not-kept', { error })
        await new Promise(resolve => setTimeout(resolve, 1000))
      }
    }
    this.#performer.forget({ task: begun, act })
    if (begun.step.join !== undefined && act === 'undo' && outcome.type === 'ok')
      this.#store.keepJoined(heldBy(begun, run.site)!, [])
    this.#tell(run, begun, act, outcome)
  }

  #tell({ event }: Run, begun: Task, act: Act, outcome: Outcome): void {
    const said = { name: event.name, step: wordsOf(begun, act) }
    if (outcome.type === 'ok' && act === 'do') this.#log('info', 'step-done', said)
    if (outcome.type === 'ok' && act === 'undo') this.#log('info', 'step-undone', said)
    if (outcome.type !== 'failed' || begun.tries > LOGGED_TRIES) return
    const failed = { ...said, error: outcome.error, tries: begun.tries }
    if (act === 'do') this.#log('warn', 'step-failed', failed)
    else this.#log('error', 'undo-failed', failed)
  }

  /** On disk first. */
  #set(run: Run, tasks: Task[]): void {
    this.#store.keep(...tasks)
    for (const each of tasks) {
      const of = run.tasks.some(({ id }) => id === each.id)
        ? run
        : this.#open.find(({ id }) => each.id.startsWith(`${id}-`))!
      of.tasks[of.tasks.findIndex(({ id }) => id === each.id)] = each
    }
  }

  #close(now: number): void {
    for (const run of this.#open.filter(each => isRunOver(each, now))) {
      this.#store.close(run, now)
      this.#log('info', 'event-over', { name: run.event.name, stopped: run.stopped })
    }
    this.#open = this.#open.filter(each => !isRunOver(each, now))
  }

  #runOf = ({ id }: Task): string | undefined =>
    this.#open.find(({ tasks }) => tasks.some(each => each.id === id))?.event.name
}

/** Whoever starts it by hand makes all that comes before due at once: it keeps its order, and each waits until the earlier ones were tried. */
const waitsForEarlier = ({ by, tasks }: Run, { state, step, doAt }: Task): boolean =>
  by === 'hand' &&
  state === 'planned' &&
  step.at === 'start' &&
  tasks.some(
    other => other.step.at === 'start' && other.doAt < doAt && (other.state === 'planned' || other.state === 'doing'),
  )

const iso = (at: number): string => new Date(at).toISOString()
