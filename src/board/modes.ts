// The modes of the sites, on the board: a row for each site, which the supervisor gives out by the site's name before any
// thread has a config that names it. Core alone writes what stands in a row; edges read it at each request for the price
// of a few words of memory, and it outlives a core that dies.

import { MODES } from '../config/modes.ts'
import type { Mode } from '../config/modes.ts'
import { GlobalWord, MAX_SITE_ROWS, SiteWord } from './board.ts'
import type { Board } from './board.ts'

/** What was commanded for a site. */
export interface Commanded {
  readonly mode: Mode
  /** Wall clock, milliseconds, whole seconds. */
  readonly since: number
  /** When it ends by itself; null: it stays until another command. */
  readonly until: number | null
}

/** The mode that a site is in, where `configured` is what its config says. */
export type ModeOf = (site: string, configured: Mode) => Mode

const NO_ROW = -1

export class Modes {
  readonly #board: Board
  readonly #global: Int32Array<SharedArrayBuffer>
  /** Rows by identity, as found once; each is looked at again before it is believed. */
  readonly #rows = new Map<string, number>()

  constructor(board: Board) {
    this.#board = board
    this.#global = board.global
  }

  /** Counts the changes: while it stays the same, every site's mode does. */
  get version(): number {
    return Atomics.load(this.#global, GlobalWord.modes)
  }

  readonly of: ModeOf = (site, configured) => this.commanded(site)?.mode ?? configured

  /** What was commanded for the site; undefined where its config holds. */
  commanded(site: string): Commanded | undefined {
    const row = this.#rowOf(site)
    if (row === NO_ROW) return undefined
    const words = this.#board.site(row)
    const mode = MODES[Atomics.load(words, SiteWord.mode) - 1]
    const until = Atomics.load(words, SiteWord.modeUntil) >>> 0
    if (mode === undefined) return undefined
    return {
      mode,
      since: (Atomics.load(words, SiteWord.modeSince) >>> 0) * 1000,
      until: until === 0 ? null : until * 1000,
    }
  }

  /** The snapshot of the site that is in use, by its version; 0 for none. */
  readonly snapshotOf = (site: string): number => {
    const row = this.#rowOf(site)
    return row === NO_ROW ? 0 : Atomics.load(this.#board.site(row), SiteWord.snapshot) >>> 0
  }

  /** Puts a snapshot into use: every request from now on sees it. False where the site has no row. For core, and for the supervisor before it. */
  useSnapshot(site: string, version: number): boolean {
    const row = this.#rowOf(site)
    if (row === NO_ROW) return false
    Atomics.store(this.#board.site(row), SiteWord.snapshot, version | 0)
    Atomics.add(this.#global, GlobalWord.modes, 1)
    return true
  }

  /** Writes what was commanded, or with undefined that the config holds. False where the site has no row. For core alone. */
  command(site: string, commanded: Commanded | undefined): boolean {
    const row = this.#rowOf(site)
    if (row === NO_ROW) return false
    const words = this.#board.site(row)
    Atomics.store(words, SiteWord.modeSince, seconds(commanded?.since ?? 0))
    Atomics.store(words, SiteWord.modeUntil, seconds(commanded?.until ?? 0))
    Atomics.store(words, SiteWord.mode, commanded === undefined ? 0 : MODES.indexOf(commanded.mode) + 1)
    Atomics.add(this.#global, GlobalWord.modes, 1)
    return true
  }

  /**
   * Gives a row to each of these sites that has none; rows of sites that are not among them are used again only when no
   * other is left. For the supervisor alone, before it hands a config round. Returns the sites for which none was left.
   */
  seat(sites: readonly string[]): string[] {
    this.#scan()
    const wanted = new Set(sites.map(identity))
    const names = Array.from({ length: MAX_SITE_ROWS }, (_, row) => this.#identityAt(row))
    const unused = names.flatMap((name, row) => (name === UNUSED ? [row] : []))
    const gone = names.flatMap((name, row) => (name === UNUSED || wanted.has(name) ? [] : [row]))
    const free = [...unused, ...gone].values()
    const left = sites.filter(site => !this.#rows.has(identity(site)) && !this.#take(site, free.next().value))
    Atomics.add(this.#global, GlobalWord.modes, 1)
    return left
  }

  #take(site: string, row: number | undefined): boolean {
    if (row === undefined) return false
    const words = this.#board.site(row)
    const [first, second] = hashes(site)
    Atomics.store(words, SiteWord.mode, 0)
    Atomics.store(words, SiteWord.snapshot, 0)
    Atomics.store(words, SiteWord.name, first)
    Atomics.store(words, SiteWord.nameToo, second)
    this.#rows.set(identity(site), row)
    return true
  }

  #rowOf(site: string): number {
    const name = identity(site)
    const known = this.#rows.get(name)
    if (known !== undefined && this.#identityAt(known) === name) return known
    this.#scan()
    return this.#rows.get(name) ?? NO_ROW
  }

  #scan(): void {
    this.#rows.clear()
    for (let row = 0; row < MAX_SITE_ROWS; row++) this.#rows.set(this.#identityAt(row), row)
  }

  #identityAt(row: number): string {
    const words = this.#board.site(row)
    return `${words[SiteWord.name]!} ${words[SiteWord.nameToo]!}`
  }
}

const UNUSED = '0 0'

/** Unsigned 32 bits of seconds last until 2106. */
const seconds = (milliseconds: number): number => Math.ceil(milliseconds / 1000) | 0

/** Two numbers of 32 bits that stand for a name: among 1000 sites two are taken for one with a chance below 1 in 10^13. */
const hashes = (name: string): [number, number] => [hash(name, 0x811c9dc5), hash(name, 0x2f6e2b1) | 1]

const identity = (name: string): string => hashes(name).join(' ')

/** FNV-1a from a basis. */
function hash(name: string, basis: number): number {
  let sum = basis
  for (let i = 0; i < name.length; i++) sum = Math.imul(sum ^ name.charCodeAt(i), 0x01000193)
  return sum | 0
}
