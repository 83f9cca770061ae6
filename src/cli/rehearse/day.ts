// The crowd of a day as the shield before the site counted it: its history keeps how many came, not for what.
import { readHistory } from '../../watch/archive-reader.ts'

const DAYS = ['today', 'yesterday'] as const
export type Day = (typeof DAYS)[number]

export const isDay = (text: string): text is Day => (DAYS as readonly string[]).includes(text)

/** The busiest part of a day: arrivals a second, each for `every` seconds. */
export interface Part {
  rates: number[]
  every: number
  /** Unix time, seconds. */
  from: number
}

/** The day in local time, as Unix times; today up to now. */
export function spanOf(day: Day, now: number): { from: number; to: number } {
  const midnight = new Date(now * 1000).setHours(0, 0, 0, 0) / 1000
  const before = new Date((midnight - 3600) * 1000).setHours(0, 0, 0, 0) / 1000 // a day may have 23 or 25 hours
  return day === 'today' ? { from: midnight, to: Math.floor(now) } : { from: before, to: midnight }
}

/** In local time, at most `seconds` long; undefined where nothing is known of the day. */
export function busiestOf(data: string, day: Day, seconds: number, now: number): Part | undefined {
  const { from, to } = spanOf(day, now)
  const span = readHistory(data, reader => reader.span(from, to, now))
  const rows = (span?.rows ?? []).flatMap(({ at, requests }) => (at === null ? [] : [{ at, rate: requests ?? 0 }]))
  if (span === undefined || rows.every(({ rate }) => rate === 0)) return undefined
  const length = Math.max(1, Math.min(rows.length, Math.round(seconds / span.step)))
  let [sum, best, start] = [0, -1, 0]
  for (const [i, { rate }] of rows.entries()) {
    sum += rate - (i >= length ? rows[i - length]!.rate : 0)
    if (i >= length - 1 && sum > best) [best, start] = [sum, i - length + 1]
  }
  const part = rows.slice(start, start + length)
  return { rates: part.map(({ rate }) => rate), every: span.step, from: part[0]!.at }
}
