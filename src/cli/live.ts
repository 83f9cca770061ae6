// What `serve` shows of the traffic: a line a second in a terminal, an entry each ten seconds in the log.

import { MAX_ORIGINS } from '../board/board.ts'
import { outcomes } from '../board/counters.ts'
import type { CounterName } from '../board/counters.ts'
import { summarize } from '../watch/latencies.ts'
import type { Sampler } from '../watch/sampler.ts'
import { LOST } from '../watch/accounts.ts'
import { storedShare } from '../watch/stats.ts'
import type { Colours } from './colours.ts'
import { timeOf } from './log-line.ts'

export interface Figures {
  requestsPerSecond: number
  /** Share that stored responses answered, 0 to 1; null without requests. */
  stored: number | null
  originInFlight: number
  originLimit: number
  /** Of all answers of the last ten seconds, milliseconds; null without any. */
  p95: number | null
  lostPerSecond: number
  connections: number
}

export function figuresOf(sampler: Sampler): Figures {
  const rate = (names: readonly CounterName[]) => names.reduce((sum, name) => sum + sampler.rate(name), 0)
  const slow = sampler.recentDurations('slowLane')
  const all = sampler.recentDurations('fastLane').map((count, bucket) => count + slow[bucket]!)
  const origins = Array.from({ length: MAX_ORIGINS }, (_, index) => sampler.origin(index))
  return {
    requestsPerSecond: rate(outcomes),
    stored: storedShare(sampler),
    originInFlight: origins.reduce((sum, origin) => sum + origin.inFlight, 0),
    originLimit: origins.reduce((sum, origin) => sum + origin.limit, 0),
    p95: summarize(all).p95,
    lostPerSecond: rate(LOST),
    connections: sampler.total('connections'),
  }
}

/** The line is headed anew after so many, so that a heading is always in sight. */
export const HEADING_EVERY = 20

const HEADING = '    time     req/s   stored   origin     p95    lost/s\n'

export const heading = (colours: Colours): string => colours.dim(HEADING)

/** What the columns are, told once. */
export const legend = ({ dim }: Colours): string =>
  dim(
    [
      'req/s: requests of visitors · stored: share answered from the store · origin:',
      'requests in flight there, of as many as it may have · p95: 95 of 100 took less',
      '(the last ten seconds) · lost/s: turned away or failed\n\n',
    ].join('\n'),
  )

export function liveLine(at: number, figures: Figures, colours: Colours): string {
  const { requestsPerSecond, stored, originInFlight, originLimit, p95, lostPerSecond } = figures
  const lost = number(lostPerSecond).padStart(10)
  const full = originInFlight >= originLimit && originLimit > 0 ? colours.yellow : String
  return [
    colours.dim(timeOf(at).padStart(8)),
    number(requestsPerSecond).padStart(10),
    (stored === null ? '–' : `${(stored * 100).toFixed(1)}%`).padStart(9),
    full(`${originInFlight}/${originLimit}`.padStart(9)),
    (p95 === null ? '–' : milliseconds(p95)).padStart(8),
    lostPerSecond > 0 ? colours.red(lost) : lost,
    '\n',
  ].join('')
}

const number = (value: number): string => Math.round(value).toLocaleString('en')

function milliseconds(value: number): string {
  if (value >= 1000) return `${(value / 1000).toFixed(1)} s`
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`
}
