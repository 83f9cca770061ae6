// Which mode each site is in: takes commands, and ends those whose time is over. What holds stands on the board, so that a
// new core begins with what the old one left.

import type { Modes } from '../board/modes.ts'
import type { Mode } from '../config/modes.ts'
import type { Config, SiteConfig } from '../config/types.ts'
import type { Log } from '../threads/log.ts'
import type { NotDone } from '../threads/messages.ts'
import type { KeptMode } from '../threads/mode-file.ts'

/** Told of what is commanded here, so that other nodes hear of it. */
export type ModeTeller = (site: string, commanded: { mode: Mode; until: number | null; why: string }) => void

export class SiteModes {
  /** Null on a machine by itself. */
  tell: ModeTeller | null = null
  readonly #board: Modes
  readonly #log: Log
  #sites: readonly SiteConfig[] = []

  constructor(board: Modes, log: Log) {
    this.#board = board
    this.#log = log
  }

  configure({ sites }: Pick<Config, 'sites'>): void {
    this.#sites = sites
  }

  /**
   * Puts a site into a mode, until then (wall clock, milliseconds) or, for null, until another command. Back in the mode that
   * its config names nothing is commanded any more. Whoever commands the mode that holds moves its end alone. Null, or why it was
   * not done; `why` is for the log.
   */
  set(name: string | null, mode: Mode, until: number | null, now: number, why = 'by command'): NotDone | null {
    const site = this.#site(name)
    if (typeof site === 'string') return site
    const before = this.#board.commanded(site.name)
    const since = before?.mode === mode ? before.since : now
    const isConfigured = mode === site.mode && until === null
    if (!this.#board.command(site.name, isConfigured ? undefined : { mode, since, until })) return 'unknown-site'
    if (mode !== (before?.mode ?? site.mode) || why === 'by command')
      this.#log('info', 'mode-changed', { site: site.name, mode, why, until: until && iso(until) })
    return null
  }

  /** The same, where other nodes are to hear of it. */
  command(name: string | null, mode: Mode, until: number | null, now: number, why = 'by command'): NotDone | null {
    const code = this.set(name, mode, until, now, why)
    const site = this.#site(name)
    if (code === null && typeof site !== 'string') this.tell?.(site.name, { mode, until, why })
    return code
  }

  /** What is commanded now. */
  get commanded(): (KeptMode & { why: string })[] {
    return this.#sites.flatMap(({ name }) => {
      const commanded = this.#board.commanded(name)
      return commanded === undefined ? [] : [{ site: name, ...commanded, why: 'as it was' }]
    })
  }

  /** The mode that the site is in. */
  of({ name, mode }: Pick<SiteConfig, 'name' | 'mode'>): Mode {
    return this.#board.of(name, mode)
  }

  /** Puts a snapshot into use; false where there is no such site. */
  use(name: string, version: number): boolean {
    const isThere = this.#sites.some(site => site.name === name) && this.#board.useSnapshot(name, version)
    if (isThere)
      this.#log('info', 'snapshot-changed', { site: name, taken: version === 0 ? null : iso(version * 1000) })
    return isThere
  }

  /** Each 250 ms: what was commanded for a time ends with it. `now` is the wall clock. */
  tick(now: number): void {
    for (const { name, mode } of this.#sites) {
      const until = this.#board.commanded(name)?.until ?? null
      if (until === null || now < until) continue
      this.#board.command(name, undefined)
      this.#log('info', 'mode-changed', { site: name, mode, why: 'its time is over', until: null })
    }
  }

  #site(name: string | null): SiteConfig | NotDone {
    if (name !== null) return this.#sites.find(site => site.name === name) ?? 'unknown-site'
    const [only, ...others] = this.#sites
    return only === undefined || others.length > 0 ? 'which-site' : only
  }
}

const iso = (at: number): string => new Date(at).toISOString()
