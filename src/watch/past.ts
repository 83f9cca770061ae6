// What was, for whoever asks: the last quarter of an hour from memory, and what lies on disk where it can be written. A disk that
// fails costs the history and nothing else.

import type { Clock } from '../base/clock.ts'
import type { Log } from '../threads/log.ts'
import type { News } from './alerts/book.ts'
import { Archive } from './archive.ts'
import type { KeptAlert } from './archive-reader.ts'
import { History } from './history.ts'
import { json, problem, text } from './reply.ts'
import type { Reply } from './reply.ts'
import type { Second } from './seconds.ts'
import { inColumns } from './thinning.ts'
import type { Columns } from './thinning.ts'

/** Milliseconds until a disk that failed is tried again. */
const TRY_AGAIN = 60_000
const QUARTER = 900

export class Past {
  readonly #data: string
  readonly #clock: Clock
  readonly #log: Log
  readonly #recent = new History()
  #archive: Archive | null = null
  #failedAt = -Infinity

  constructor(data: string, clock: Clock, log: Log) {
    this.#data = data
    this.#clock = clock
    this.#log = log
    this.#open()
    const now = clock.now() / 1000
    for (const second of this.#archive?.between(now - QUARTER, now, now) ?? []) this.#recent.add(second)
  }

  add(second: Second): void {
    this.#recent.add(second)
    if (this.#archive === null && this.#clock.monotonic() - this.#failedAt >= TRY_AGAIN) this.#open()
    this.#try(() => this.#archive?.add(second))
  }

  /** Which alerts began and ended. */
  keep(news: News): void {
    this.#try(() => this.#archive?.keep(news))
  }

  /** Each column from the oldest second to the newest. */
  get columns(): Columns {
    return this.#recent.columns
  }

  /** What came on the day that begins at `at`, and what of it was lost but for visitors that went by themselves. */
  day(at: number): { requests: number; lost: number } {
    const sums = { requests: 0, lost: 0 }
    this.#try(() => {
      for (const row of this.#archive?.minutes(at, at + 86_399) ?? []) {
        sums.requests += (row.requests ?? 0) * 60
        sums.lost += Math.max(0, (row.lost ?? 0) - (row.gone ?? 0)) * 60
      }
    })
    return sums
  }

  /** Those that held at some time between the two, seconds since the epoch, the oldest first. */
  alerts(from: number, to: number): KeptAlert[] {
    let found: KeptAlert[] = []
    this.#try(() => (found = this.#archive?.alerts(from, to) ?? []))
    return found
  }

  /** Rows of the last six hours, of ten seconds each, the oldest first: what the burn rates ask about. */
  sixHours(): Second[] {
    const now = this.#clock.now() / 1000
    let found: Second[] = []
    this.#try(() => (found = this.#archive?.rows(now - 6 * 3600, now, now) ?? []))
    return found
  }

  /** `span` is seconds back from now; `from` and `to` are moments as ISO 8601 or seconds since the epoch. */
  asked(query: URLSearchParams): Reply {
    if (query.size === 0) return text(JSON.stringify({ columns: this.columns }), 'application/json')
    const now = this.#clock.now() / 1000
    const to = momentOf(query.get('to')) ?? now
    const from = query.has('span') ? now - Number(query.get('span')) : momentOf(query.get('from'))
    if (from === undefined || !(from < to))
      return problem(422, 'Say which time, as in ?span=86400, or ?from=2026-12-24T19:00Z&to=2026-12-24T23:00Z.')
    if (this.#archive === null) return problem(503, 'The history cannot be written to disk now; the log says why.')
    return json({ columns: inColumns(this.#archive.between(from, to, now)) })
  }

  end(): void {
    this.#try(() => this.#archive?.close())
  }

  #open(): void {
    this.#try(() => {
      this.#archive = new Archive(this.#data)
    })
  }

  #try(act: () => void): void {
    try {
      act()
    } catch (error) {
      this.#archive = null
      this.#failedAt = this.#clock.monotonic()
      this.#log('warn', 'history-not-kept', { error, tryAgainIn: TRY_AGAIN })
    }
  }
}

/** Seconds since the epoch, or undefined. */
function momentOf(given: string | null): number | undefined {
  if (given === null || given === '') return undefined
  const at = /^\d+(\.\d+)?$/.test(given) ? Number(given) : Date.parse(given) / 1000
  return Number.isNaN(at) ? undefined : at
}
