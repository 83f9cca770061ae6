// What the waiting rooms keep in the data directory: the key that signs tickets, and how far numbers have been given out.
// Numbers are kept in blocks before they are used, so that a process killed at any moment never gives one out twice, and
// nobody loses a place. Nothing here waits for the disk once it runs.

import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { open, rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '../../threads/log.ts'
import type { Epoch } from '../../threads/rooms.ts'
import { KEY_BYTES } from '../../waiting/tickets.ts'
import type { Commanded } from './control.ts'

const KEY_FILE = 'waiting.key'
const STATE_FILE = 'waiting.json'

/** One room's numbers, and its draw where it has one. */
export interface KeptRoom {
  reserved: number
  next: number
  serving: number
  active: number
  /** Numbers from the first to before the second of each pair that nobody was ever given, as far as is known. */
  gaps?: Gap[]
  commanded?: Commanded
  draw?: KeptDraw
  /** Where several nodes have it in common: what this one gave out by itself, and the others do not know of yet. */
  epochs?: Epoch[]
}

export type Gap = readonly [from: number, to: number]

/** Each restart makes one, of 16,384 numbers at most; so many of them go beyond the ring of marks. */
const MOST_GAPS = 64

/** With one more; the oldest go first where there are too many. */
export const withGap = (gaps: readonly Gap[], gap: Gap): Gap[] =>
  gap[0] < gap[1] ? [...gaps, gap].slice(-MOST_GAPS) : [...gaps]

export const isInGap = (gaps: readonly Gap[], number: number): boolean =>
  gaps.some(([from, to]) => number >= from && number < to)

export interface KeptDraw {
  /** The opening it is for, milliseconds since the epoch. */
  opens: number
  /** 32 bytes in hexadecimal; secret until `to` is set. */
  seed: string
  /** The first number that takes part. */
  from: number
  /** The one behind the last, once the list is closed. */
  to: number | null
  /** Since then: numbers in between that nobody was given, and those of them that somebody has shown all the same. */
  gaps?: Gap[]
  returned?: number[]
}

type Kept = Record<string, KeptRoom>

export class Keeping {
  key: Uint8Array
  /** Rooms of an earlier process, by `site/room`. */
  readonly before: Kept
  readonly #folder: string
  readonly #log: Log
  #state: Kept = {}
  #waiting: (() => void)[] = []
  #writing = false
  #failed = false

  /** Reads what is there, once, before anybody waits. `boardKey` is the key that a core before this one has used. */
  constructor(folder: string, log: Log, boardKey: Uint8Array | undefined) {
    this.#folder = folder
    this.#log = log
    const { key, isNew } = this.#readKey(boardKey)
    const state = isNew ? {} : this.#readState()
    // Numbers that nobody remembers could be given out twice: their tickets are made void instead.
    this.key = state === undefined ? this.#newKey() : key
    this.before = state ?? {}
  }

  /** The state as it is now; `done` is called once it is on disk, or cannot be. */
  keep(state: Kept, done: () => void): void {
    this.#state = state
    this.#waiting.push(done)
    if (!this.#writing) void this.#write()
  }

  async #write(): Promise<void> {
    this.#writing = true
    while (this.#waiting.length > 0) {
      const waiting = this.#waiting
      this.#waiting = []
      await this.#writeOnce(JSON.stringify({ version: 1, rooms: this.#state }))
      for (const done of waiting) done()
    }
    this.#writing = false
  }

  async #writeOnce(text: string): Promise<void> {
    const path = join(this.#folder, STATE_FILE)
    try {
      const file = await open(`${path}.new`, 'w', 0o600)
      try {
        await file.writeFile(text)
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(`${path}.new`, path)
      this.#failed = false
    } catch (error) {
      if (!this.#failed) this.#log('warn', 'waiting-unkept', { error: String(error) })
      this.#failed = true
    }
  }

  #readKey(boardKey: Uint8Array | undefined): { key: Uint8Array; isNew: boolean } {
    if (boardKey !== undefined) return { key: boardKey, isNew: false }
    try {
      const key = readFileSync(join(this.#folder, KEY_FILE))
      if (key.length === KEY_BYTES) return { key, isNew: false }
    } catch (error) {
      if (!isMissing(error)) this.#log('warn', 'waiting-unkept', { error: String(error) })
    }
    return { key: this.#newKey(), isNew: true }
  }

  /** Signs with this from now on, and so does the next process. */
  sign(key: Uint8Array): void {
    this.key = key
    this.#writeKey(key)
  }

  #newKey(): Uint8Array {
    const key = randomBytes(KEY_BYTES)
    this.#writeKey(key)
    return key
  }

  /** Kept for the next process; where that cannot be, tickets are good as long as this process lives. */
  #writeKey(key: Uint8Array): void {
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
      writeFileSync(join(this.#folder, KEY_FILE), key, { mode: 0o600, flush: true })
    } catch (error) {
      this.#log('warn', 'waiting-unkept', { error: String(error) })
    }
  }

  /** Undefined where there is one that cannot be read. */
  #readState(): Kept | undefined {
    try {
      const { rooms } = JSON.parse(readFileSync(join(this.#folder, STATE_FILE), 'utf8')) as { rooms: Kept }
      return Object.values(rooms).every(isWhole) ? rooms : undefined
    } catch (error) {
      if (isMissing(error)) return {}
      this.#log('warn', 'waiting-unreadable', { file: join(this.#folder, STATE_FILE), error: String(error) })
      return undefined
    }
  }
}

const isWhole = ({ reserved, next, serving, active, gaps = [] }: KeptRoom): boolean =>
  [reserved, next, serving, active, ...gaps.flat()].every(value => Number.isSafeInteger(value) && value >= 0)

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT'
