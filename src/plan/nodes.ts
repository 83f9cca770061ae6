// One plan for all nodes of a cluster: what was commanded here as words for the others, and what they said, done here as if it had been
// commanded here. Words are found by comparing the plan with what was told of it, so no command can be forgotten, also by a process
// that was killed just after it. Of two words about the same the later one holds; the server says which that is.

import type { Clock } from '../base/clock.ts'
import type { EventConfig } from '../config/types.ts'
import type { Planner } from './planner.ts'
import type { Say } from './runs.ts'
import { sealOf } from './seal.ts'
import type { PlanStore, Run } from './store.ts'
import { CANCELLED, EVENT, RUN, take } from './take.ts'
import type { HeardWord, RunWord } from './take.ts'
import type { KeptWord, Mark, Word } from './told.ts'

export interface Batch {
  words: (Word & { seal: string })[]
  marks: Mark[]
}

const DAY = 86_400_000
/** A node that was away for longer may bring back what was cancelled meanwhile. */
const CANCELLED_KNOWN = 40 * DAY
/** After its end: a node that comes back within that time sees to it that a run is undone. */
const RUN_KNOWN = 10 * DAY
/** 2 MiB of words at the most, since one has 64 KiB at the most. */
const WORDS_AT_ONCE = 32
const MARKS_AT_ONCE = 500
/** Any command is later than what nodes do of themselves. */
const UNCOMMANDED = 1

export interface NodesParts {
  /** It needs whoever does its steps, who needs this. */
  planner: () => Planner
  store: PlanStore
  clock: Clock
  log: Say
  /** `cluster.secret`: what all nodes have in common. */
  secret: string | undefined
}

export class PlanOfNodes {
  readonly #parts: NodesParts
  /** What the plan was like when it was last compared with what was told. */
  #gathered = NaN
  /** Words that the server had no room for. */
  readonly #refused = new Set<string>()

  constructor(parts: NodesParts) {
    this.#parts = parts
  }

  /** Finds what is not told yet. Throws when it cannot be written. */
  gather(): void {
    const { store, clock } = this.#parts
    if (store.told.changes === this.#gathered) return
    const now = clock.now()
    store.told.forgetOld(now)
    const known = new Map(store.told.words.map(word => [word.name, word]))
    for (const word of [...this.#eventWords(known, now), ...this.#runWords(known, now)]) {
      const before = known.get(word.name)
      if (before?.text !== word.text) store.told.keep({ ...word, isUnsaid: true, isKnown: before?.isKnown === true })
    }
    this.#gathered = store.told.changes
  }

  /** What is to be said next; words after all marks, since whoever hears of a run begins what nobody has. */
  get unsaid(): Batch {
    const { told } = this.#parts.store
    const marks = told.unsaidMarks(MARKS_AT_ONCE)
    const words = marks.length < MARKS_AT_ONCE ? this.#unsaidWords.slice(0, WORDS_AT_ONCE) : []
    return { marks, words: words.map(word => ({ ...wordOf(word), seal: sealOf(this.#parts.secret, word) })) }
  }

  /** Says of a word that there was no room for nothing more until there may be. */
  said({ words, marks }: Batch, refused: readonly string[]): void {
    for (const name of refused) {
      if (!this.#refused.has(name)) this.#parts.log('error', 'event-not-told', { name, why: 'too many events' })
      this.#refused.add(name)
    }
    const { told } = this.#parts.store
    told.said(
      words.filter(({ name }) => !refused.includes(name)),
      marks,
    )
  }

  sayAllAnew(): void {
    this.#refused.clear()
    this.#parts.store.told.sayAllAnew()
  }

  /** False where some are to be heard once more, since something was commanded here that is not said yet. */
  hear(words: readonly HeardWord[], marks: readonly Mark[]): boolean {
    const { store, clock } = this.#parts
    // What was commanded since, in the same moment, is compared first: it would be taken for this otherwise.
    this.gather()
    for (const mark of marks)
      if (store.told.mark(mark.act, mark.step) === undefined) store.told.keepMark(mark, false, clock.now())
    const taken = words.map(word => this.#hear(word))
    if (words.length > 0) this.#planner.refreshed()
    this.gather()
    return taken.every(Boolean)
  }

  /** No other node can know of it yet. */
  isOnlyHere({ key, by, event }: Run): boolean {
    const { store } = this.#parts
    this.gather()
    if (store.told.word(`run ${key}`)?.isKnown === true) return false
    return by === 'hand' || store.told.word(`event ${event.name}`)?.isKnown === false
  }

  markOf(act: Mark['act'], step: string): Mark | undefined {
    return this.#parts.store.told.mark(act, step)
  }

  /** Whether other nodes may know of these words: said before they are sent. Returns those of which that was not so before. */
  sent(words: readonly Word[], isKnown = true): Word[] {
    return this.#parts.store.told.sent(words, isKnown)
  }

  /** A step is whose this says; `isUnsaid` where the server has not said so itself. */
  note(mark: Mark, isUnsaid: boolean): void {
    this.#parts.store.told.keepMark(mark, isUnsaid, this.#parts.clock.now())
  }

  get #planner(): Planner {
    return this.#parts.planner()
  }

  get #unsaidWords(): KeptWord[] {
    return this.#parts.store.told.words.filter(({ isUnsaid, name }) => isUnsaid && !this.#refused.has(name))
  }

  /** Events that were added by command, those that were and are no more, and those of the config that were cancelled. */
  #eventWords(known: ReadonlyMap<string, Word>, now: number): Word[] {
    const { store } = this.#parts
    const there = store.events.map(({ name, given, revision }) => ({ name, text: JSON.stringify({ given, revision }) }))
    const gone = [...known.keys()]
      .filter(name => name.startsWith(EVENT) && there.every(event => `${EVENT}${event.name}` !== name))
      .map(name => ({ name, text: GONE, since: now, ends: now + CANCELLED_KNOWN }))
    const cancelled = [...store.cancelled].map(([name, entry]) => ({ name, text: JSON.stringify({ entry }) }))
    return [
      ...there.map(({ name, text }) => ({ name: `${EVENT}${name}`, text, since: now, ends: 0 })),
      ...gone,
      ...cancelled.map(({ name, text }) => ({ name: `${CANCELLED}${name}`, text, since: now, ends: 0 })),
    ]
  }

  #runWords(known: ReadonlyMap<string, Word>, now: number): Word[] {
    return this.#planner.runs.open.map(run => {
      const { key, event, start, end, by, stopped } = run
      const before = known.get(`${RUN}${key}`)
      const given = before === undefined ? this.#givenOf(event) : (JSON.parse(before.text) as RunWord).given
      const said: RunWord = { event: event.name, given, start, end, by, stopped }
      const since = stopped ? now : (known.get(`${EVENT}${event.name}`)?.since ?? UNCOMMANDED)
      return { name: `${RUN}${key}`, text: JSON.stringify(said), since, ends: end + RUN_KNOWN }
    })
  }

  /** The words that this was read from; null where it stands in the config, or was changed since. */
  #givenOf(event: EventConfig): Record<string, unknown> | null {
    const given = this.#parts.store.events.find(({ name }) => name === event.name)?.given
    const read = given && this.#planner.events.legible(given)
    return typeof read === 'object' && JSON.stringify(read) === JSON.stringify(event) ? given! : null
  }

  #hear(word: HeardWord): boolean {
    const { store, log } = this.#parts
    const { told } = store
    const mine = told.word(word.name)
    if (mine?.isUnsaid === true && !this.#refused.has(word.name)) return false
    const why = mine?.text === word.text ? null : take(word, this.#parts.secret, store, this.#planner)
    if (why === null) told.keep({ ...wordOf(word), isUnsaid: false, isKnown: true })
    else log('warn', 'event-not-taken', { name: word.name, node: word.node, why })
    return true
  }
}

const GONE = JSON.stringify({ given: null })

const wordOf = ({ name, text, since, ends }: Word): Word => ({ name, text, since, ends })
