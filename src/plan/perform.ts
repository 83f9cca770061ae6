// Does and undoes steps: the effects of the plan on the world. What became of a try is an outcome, never an exception.

import type { Mode } from '../config/modes.ts'
import { Attempt } from './attempt.ts'
import type { Wanted } from './merge.ts'
import type { Run } from './store.ts'
import type { Act, Outcome, Task } from './task.ts'

/** What a performer asks of the process around it. Each resolves with null, or with what went wrong. */
export interface Powers {
  /** Null as mode: the one that the config names. */
  setMode(site: string, mode: Mode | null, until: number | null): Promise<string | null>
  /** The mode that was commanded; undefined where the config holds. */
  commanded(site: string): Wanted | { mode: Mode; until: null } | undefined
  /** Asks for each path as a visitor of the site would. */
  warm(site: string, paths: readonly string[]): Promise<string | null>
  post(url: string, body: string, fields: Record<string, string>): Promise<string | null>
  /** The origins of a site, as URLs. */
  originsOf(site: string): readonly string[]
  /** Waits until each is healthy, and takes it in as an origin, with slow start. */
  join(site: string, urls: readonly string[]): Promise<string | null>
  /** Takes them out again; one that is not there is out. */
  leave(site: string, urls: readonly string[]): Promise<string | null>
  /** How a waiting room is to call in place of what its config says; null: as the config says. */
  admit(site: string, room: string, admission: Admission | null): Promise<string | null>
  /** Whether the names may be cached for `ttl` milliseconds at the most. */
  checkDns(names: readonly string[], ttl: number, server: string | undefined): Promise<string | null>
}

/** For a waiting room; undefined leaves what the config says, null is `auto`. */
export interface Admission {
  /** When it opens, wall clock in milliseconds; null: as the config says. */
  opens: number | null
  sessions: number | null | undefined
  rate: number | null | undefined
}

/** Where no process serves there is nothing of this to be done or undone: it was in memory alone, or ends with its lease. */
export const nobody: Powers = {
  setMode: async () => null,
  commanded: () => undefined,
  warm: async () => null,
  post: async () => null,
  originsOf: () => [],
  join: async () => null,
  leave: async () => null,
  admit: async () => null,
  checkDns: async () => null,
}

export interface Try {
  run: Run
  /** As it is on disk: begun. */
  task: Task
  act: Act
  /** For a mode: what the site is to be in with this task (`do`) or without it (`undo`), and what was commanded last. */
  wanted: Wanted | null
  before: Wanted | null
  /** For `join`: those of its origins that were not there before. */
  joined: readonly string[]
  /** For `admit`: what the room is to hold to with this task, or without it. */
  admission: Admission | null
}

/** The board keeps whole seconds. */
const SECOND = 1000

/** Who does and undoes steps. */
export type Performs = Pick<Performer, 'newTo' | 'perform' | 'outcome' | 'forget'>

export class Performer {
  readonly #data: string
  readonly #storeId: string
  readonly #powers: Powers

  constructor(data: string, storeId: string, powers: Powers) {
    this.#data = data
    this.#storeId = storeId
    this.#powers = powers
  }

  /** Those of these URLs that are no origins of the site now. */
  newTo(site: string, urls: readonly string[]): string[] {
    const there = this.#powers.originsOf(site)
    return urls.filter(url => !there.includes(url))
  }

  /** Never rejects. */
  async perform(given: Try): Promise<Outcome> {
    const { task, run, act } = given
    const { program, url } = wordsOf(task, act)
    try {
      const own = this.#own(given)
      if (own !== undefined) return outcome(await own)
      if (url !== undefined) return outcome(await this.#post(url, given))
      return program === undefined
        ? { type: 'ok' }
        : await this.#attempt(given).run(program, {
            BREAKWATER_EVENT: run.event.name,
            BREAKWATER_ACT: act,
            BREAKWATER_KEY: this.#key(task, act),
            BREAKWATER_START: new Date(run.start).toISOString(),
            BREAKWATER_END: new Date(run.end).toISOString(),
            BREAKWATER_UNTIL: new Date(task.undoAt).toISOString(),
          })
    } catch (error) {
      return { type: 'failed', error: error instanceof Error ? error.message : String(error) }
    }
  }

  /** What became of a try that an earlier process began. Never rejects. */
  async outcome(given: Pick<Try, 'task' | 'act'>): Promise<Outcome> {
    const { program } = wordsOf(given.task, given.act)
    if (program === undefined) return { type: 'unknown' }
    return this.#attempt(given)
      .outcome(program)
      .catch((error: unknown) => ({ type: 'failed', error: error instanceof Error ? error.message : String(error) }))
  }

  /** To be called when the outcome of the try is on disk. */
  forget(given: Pick<Try, 'task' | 'act'>): void {
    if (wordsOf(given.task, given.act).program !== undefined) this.#attempt(given).forget()
  }

  /** What this process does itself; undefined for programs and webhooks. */
  #own(given: Try): Promise<string | null> | undefined {
    const { run, act, joined, admission } = given
    const { mode, warm, join, admit, notice, dns } = given.task.step
    if (mode !== undefined) return this.#mode(given)
    if (warm !== undefined) return this.#powers.warm(run.site, warm)
    if (join !== undefined) return this.#powers[act === 'do' ? 'join' : 'leave'](run.site, joined)
    if (admit !== undefined) return this.#powers.admit(run.site, admit.room, admission)
    if (dns !== undefined) return this.#powers.checkDns(dns.names, dns.ttl, dns.server)
    // The notice is there for as long as its task says that it is done.
    return notice === undefined ? undefined : Promise.resolve(null)
  }

  /** A person's command in between holds: it is not ended by an event. */
  async #mode({ run, act, wanted, before }: Try): Promise<string | null> {
    const { site } = run
    if (act === 'undo') {
      const now = this.#powers.commanded(site)
      if (now === undefined || before === null) return null
      if (now.mode !== before.mode || Math.abs((now.until ?? 0) - before.until) > SECOND) return null
    }
    return this.#powers.setMode(site, wanted?.mode ?? null, wanted?.until ?? null)
  }

  #post(url: string, { run, task, act }: Try): Promise<string | null> {
    const { event, start, end } = run
    const times = { start: iso(start), end: iso(end), until: iso(task.undoAt) }
    const body = { event: event.name, site: run.site, act, ...times }
    return this.#powers.post(url, JSON.stringify(body), { 'Idempotency-Key': `"${this.#key(task, act)}"` })
  }

  /** The same at each try: who is asked can tell that it was asked before. */
  #key = (task: Task, act: Act): string => `${this.#storeId}-${task.id}-${act}`

  #attempt({ task, act }: Pick<Try, 'task' | 'act'>): Attempt {
    return new Attempt(this.#data, `${task.id}-${act}-${task.tries}`)
  }
}

const outcome = (error: string | null): Outcome => (error === null ? { type: 'ok' } : { type: 'failed', error })

const wordsOf = ({ step }: Task, act: Act): { program: string[] | undefined; url: string | undefined } => {
  const { run, webhook } = act === 'do' ? step : step.undo
  return { program: run, url: webhook }
}

const iso = (at: number): string => new Date(at).toISOString()
