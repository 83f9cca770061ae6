// Forms of rules that have a hook: handed over in batches, one at a time for each rule, with a pause that doubles while it fails.

import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import { handOver } from './hooks.ts'
import type { BatchResult, Hook } from './hooks.ts'
import { backoff } from './pace.ts'
import type { ProgressRow } from './rows.ts'
import type { SendingRules } from './rules.ts'
import type { Leave } from './second-copy.ts'
import { next } from './states.ts'
import type { Change, FormStore } from './store.ts'
import { wholeForm } from './views.ts'

export interface BatchParts {
  store: FormStore
  rules: SendingRules
  clock: Clock
  random: Random
  isHeld(site: string): boolean
  write(change: Change): void
  isChanging(number: number): boolean
  /** As for `Replay`. */
  leave: () => Leave | null
  guard(work: () => void): void
}

/** A form of a batch; `at`: when it was taken, wall clock. */
interface Ready {
  readonly row: ProgressRow
  readonly at: number
  readonly receipt: string
  readonly text: string
}

interface Line {
  isBusy: boolean
  failures: number
  /** Monotonic milliseconds. */
  holdUntil: number
}

export class Batches {
  readonly #parts: BatchParts
  readonly #lines = new Map<string, Line>()
  readonly #inFlight = new Set<number>()

  constructor(parts: BatchParts) {
    this.#parts = parts
  }

  /** Looks what can be handed over. Called often. */
  run(): void {
    for (const { site, rule, hook } of this.#parts.rules.hooks) {
      const line = this.#lineOf(`${site}\n${rule}`)
      const isOff = line.isBusy || this.#parts.isHeld(site) || !this.#parts.store.counts.has(site)
      if (!isOff && this.#parts.clock.monotonic() >= line.holdUntil) this.#begin(site, rule, hook, line)
    }
  }

  /** Is anything being handed over? */
  get isBusy(): boolean {
    return this.#inFlight.size > 0
  }

  isInFlight(number: number): boolean {
    return this.#inFlight.has(number)
  }

  /** A person wants to see it go on now. */
  hurry(): void {
    for (const line of this.#lines.values()) line.holdUntil = 0
  }

  #begin(site: string, rule: string, hook: Hook, line: Line): void {
    const { store, clock, rules } = this.#parts
    const now = clock.now()
    const rows = store
      .dueOf(site, now, hook.batch, [rule], true)
      .filter(({ number }) => !this.#parts.isChanging(number))
    const ready: Ready[] = []
    for (const row of rows) {
      const form = store.form(row.number)
      if (form === undefined) continue
      const { at } = form
      const late = next(row, { type: 'look' }, rules.patience(site, rule, at), now)
      if (late !== undefined) this.#parts.write({ number: row.number, to: late })
      const to = late === undefined ? next(row, { type: 'send' }, rules.patience(site, rule, at), now) : undefined
      if (to === undefined) continue
      const whole = wholeForm(store, row, form)
      ready.push({ row: { ...row, ...to }, at, receipt: whole.receipt, text: JSON.stringify(whole) })
    }
    if (ready.length === 0) {
      line.holdUntil = clock.monotonic() + hook.every
      return
    }
    for (const { row } of ready) this.#inFlight.add(row.number)
    line.isBusy = true
    const leave = this.#parts.leave()
    if (leave === null) this.#handOver(site, rule, hook, line, ready)
    else void this.#ask(site, rule, hook, line, ready, leave)
  }

  /** Others may have these forms too: only those are handed over that nobody else can any more. */
  async #ask(site: string, rule: string, hook: Hook, line: Line, ready: readonly Ready[], leave: Leave): Promise<void> {
    const may = await leave(ready.map(({ row }) => row.number))
    for (const { row } of ready) if (!may.has(row.number)) this.#inFlight.delete(row.number)
    const free = ready.filter(({ row }) => may.has(row.number))
    this.#parts.guard(() => this.#handOver(site, rule, hook, line, free))
  }

  /** Written down as in flight before anybody sees them. */
  #handOver(site: string, rule: string, hook: Hook, line: Line, ready: readonly Ready[]): void {
    const { store, clock } = this.#parts
    try {
      if (ready.length > 0 && store.isOpen) {
        store.apply(
          ready.map(({ row: { number, ...to } }) => ({ number, to })),
          clock.now(),
        )
        return void this.#hand(site, rule, hook, line, ready)
      }
    } catch (error) {
      this.#rest(line, hook, ready)
      throw error
    }
    this.#rest(line, hook, ready)
  }

  #rest(line: Line, hook: Hook, ready: readonly Ready[]): void {
    for (const { row } of ready) this.#inFlight.delete(row.number)
    line.isBusy = false
    line.holdUntil = this.#parts.clock.monotonic() + hook.every
  }

  async #hand(site: string, rule: string, hook: Hook, line: Line, ready: readonly Ready[]): Promise<void> {
    const result = await handOver(hook, `${ready.map(({ text }) => text).join('\n')}\n`)
    line.isBusy = false
    this.#paced(line, result)
    for (const each of ready) this.#ended(site, rule, each, result)
  }

  #paced(line: Line, { type }: BatchResult): void {
    line.failures = type === 'taken' ? 0 : line.failures + 1
    const pause = line.failures === 0 ? 0 : backoff(line.failures, this.#parts.random)
    line.holdUntil = this.#parts.clock.monotonic() + pause
  }

  #ended(site: string, rule: string, { row, at, receipt }: Ready, result: BatchResult): void {
    const { rules, clock, random } = this.#parts
    this.#inFlight.delete(row.number)
    const wait = backoff(Math.max(1, row.tries), random)
    const refused = result.type === 'taken' ? result.rejected.get(receipt) : undefined
    const event =
      result.type === 'failed'
        ? ({ type: 'failed', status: 0, reason: result.reason, wait } as const)
        : refused === undefined
          ? ({ type: 'delivered', status: 0 } as const)
          : ({ type: 'rejected', status: 0, reason: refused } as const)
    const to = next(row, event, rules.patience(site, rule, at), clock.now())
    if (to !== undefined) this.#parts.write({ number: row.number, to })
  }

  #lineOf(name: string): Line {
    let line = this.#lines.get(name)
    if (line === undefined) this.#lines.set(name, (line = { isBusy: false, failures: 0, holdUntil: 0 }))
    return line
  }
}
