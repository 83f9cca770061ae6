// When an event takes place: once, or again and again at the same time by the clocks of its zone. Pure.

import { daysLater, momentIn, zonedText } from '../base/zoned.ts'
import type { EventConfig } from '../config/types.ts'

/** One time that an event takes place. Wall clock, milliseconds; it lasts up to, and not including, `end`. */
export interface Occurrence {
  name: string
  /** The same for the same event at the same time, however often it is asked for. */
  key: string
  start: number
  end: number
  /** Where the clocks skip or repeat the time this once: what is taken for it. */
  note: string | null
}

const DAY = 86_400_000
/** Beyond it an event that repeats is asked for in pieces: a daily one of 30 days for a year and a half. */
const MOST = 600

/** Those that are on at some moment from `from` to before `to`, the earliest first, `MOST` at the most. */
export function occurrences(event: EventConfig, from: number, to: number): Occurrence[] {
  const every = daysOf(event)
  const found: Occurrence[] = []
  for (let n = every === 0 ? 0 : firstToLookAt(event, from, every); found.length < MOST; n++) {
    const next = occurrence(event, n * every)
    if (next.start >= to) break
    if (next.end > from) found.push(next)
    if (every === 0) break
  }
  return found
}

/** What is on at that moment, or else comes next; undefined where it is over. */
export function nextOccurrence(event: EventConfig, from: number): Occurrence | undefined {
  const every = daysOf(event)
  for (let n = every === 0 ? 0 : firstToLookAt(event, from, every); ; n++) {
    const next = occurrence(event, n * every)
    if (next.end > from) return next
    if (every === 0) return undefined
  }
}

const daysOf = ({ repeat }: EventConfig): number => (repeat === undefined ? 0 : repeat === 'daily' ? 1 : 7)

/** A change of the clocks or of the date line moves a day by less than two. */
function firstToLookAt(event: EventConfig, from: number, every: number): number {
  const { start, end } = occurrence(event, 0)
  return Math.max(0, Math.floor((Math.max(from, 0) - start - (end - start) - 2 * DAY) / (every * DAY)))
}

function occurrence(event: EventConfig, days: number): Occurrence {
  const [start, note] = read(event.at, days, event.zone)
  const last = event.until === undefined ? start + event.for! : read(event.until, days, event.zone)[0]
  const key = `${event.name}@${new Date(start).toISOString()}`
  // Where the clocks jump over an event whole, it lasts a second.
  return { name: event.name, key, start, end: Math.max(last, start + 1000), note }
}

/** A time that is skipped is as much later; of one that comes twice the first counts. */
function read(local: string, days: number, zone: string): [at: number, note: string | null] {
  const text = days === 0 ? local : daysLater(local, days)
  const moment = momentIn(text, zone)
  if (moment.kind === 'once') return [moment.at, null]
  const at = moment.readings[moment.kind === 'skipped' ? 1 : 0].at
  const why = moment.kind === 'skipped' ? 'the clocks skip' : 'the clocks show twice'
  return [at, `${zonedText(at, zone)}, because ${why} ${text}`]
}
