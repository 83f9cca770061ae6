// Moments as people in a time zone write them. The only file that knows Temporal: Node 26 has it, Node 24 has not, and the polyfill
// uses the platform's own where there is one. A moment that a change of the clocks skips or repeats is never guessed at here.

import { Temporal } from 'temporal-polyfill'

/** One way to read what was written. */
export interface Reading {
  /** Milliseconds since the Unix epoch. */
  at: number
  /** As `zonedText` says it. */
  text: string
}

export type LocalMoment =
  { kind: 'once'; at: number } | { kind: 'skipped' | 'repeated'; readings: [earlier: Reading, later: Reading] }

const LOCAL = /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?$/

/** Whether it is a date and time that the calendar has: `2026-11-25 22:00`. */
export function isLocalTime(text: string): boolean {
  if (!LOCAL.test(text)) return false
  try {
    return Temporal.PlainDateTime.from(plain(text)).year > 0
  } catch {
    return false
  }
}

/** Whether this machine knows the zone, as `America/Chicago`. */
export function isZone(name: string): boolean {
  try {
    return Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name).timeZoneId !== ''
  } catch {
    return false
  }
}

/** What `local` means in the zone. Throws RangeError where `isLocalTime` or `isZone` says no. */
export function momentIn(local: string, zone: string): LocalMoment {
  const date = Temporal.PlainDateTime.from(plain(local))
  const [earlier, later] = (['earlier', 'later'] as const).map(
    disambiguation => date.toZonedDateTime(zone, { disambiguation }).epochMilliseconds,
  ) as [number, number]
  if (earlier === later) return { kind: 'once', at: earlier }
  const kind = date.toZonedDateTime(zone).toPlainDateTime().equals(date) ? 'repeated' : 'skipped'
  const reading = (at: number): Reading => ({ at, text: zonedText(at, zone) })
  return { kind, readings: [reading(earlier), reading(later)] }
}

/** The local time so many days later by the calendar: the same hands of the clock, whatever the clocks do between. */
export const daysLater = (local: string, days: number): string =>
  Temporal.PlainDateTime.from(plain(local)).add({ days }).toString({ smallestUnit: 'second' }).replace('T', ' ')

/** The local time of a moment, as `2026-11-25 22:00:00`. */
export const localIn = (at: number, zone: string): string =>
  zoned(at, zone).toPlainDateTime().toString({ smallestUnit: 'second' }).replace('T', ' ')

/** For people: `Wed 2026-11-25 22:00 (UTC-06:00)`; seconds where there are any. */
export function zonedText(at: number, zone: string): string {
  const { hour, minute, second, offset, dayOfWeek } = zoned(at, zone)
  const time = [hour, minute, ...(second === 0 ? [] : [second])].map(two).join(':')
  return `${DAYS[dayOfWeek - 1]} ${localIn(at, zone).slice(0, 10)} ${time} (UTC${offset === '+00:00' ? '' : offset})`
}

/** The zone of whoever runs this process. */
export const ownZone = (): string => Temporal.Now.timeZoneId()

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']

const zoned = (at: number, zone: string): Temporal.ZonedDateTime =>
  Temporal.Instant.fromEpochMilliseconds(Math.floor(at)).toZonedDateTimeISO(zone)

const plain = (text: string): string => text.replace(' ', 'T')

const two = (value: number): string => String(value).padStart(2, '0')
