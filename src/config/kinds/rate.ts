// Rates as one writes them, `100/10s`, and what they are counted by.

import { Refusal, formatted, show } from '../kind.ts'
import type { Kind } from '../kind.ts'
import { text } from './scalar.ts'
import { duration } from './unit.ts'

/** So many requests in so many milliseconds, all of which may come at once. */
export interface RateWindow {
  count: number
  ms: number
}

export type RateText = `${number}/${string}` | `${number} per ${string}`

/** Longest window: the table of rates tells moments apart for 25 days (board/rates.ts), and who waits longer than a day? */
const window = duration('1s', '1d')
const MOST = 1_000_000
/** Moments are whole microseconds: at 10,000 a second rounding costs 1% at most. */
const MOST_PER_SECOND = 10_000

export function rate(): Kind<RateWindow, RateText> {
  return {
    name: 'rate',
    expected: 'a rate such as 100/10s or 20 per 1 min',
    bounds: `1/1d to ${MOST_PER_SECOND}/1s`,
    schema: { type: 'string', pattern: '^[0-9]+ ?(/|per) ?[0-9]' },
    format: ({ count, ms }) => `${count}/${formatted(window, ms).replace(' ', '')}`,
    read: (given, surroundings) => {
      if (typeof given === 'number') return new Refusal('no-unit', `${given} has no window: write ${given}/1s`)
      if (typeof given !== 'string') return new Refusal('wrong-type', `${show(given)} is not a rate`)
      const match = /^(\d{1,7}) ?(?:\/|per) ?(\d.*)$/.exec(given)
      if (match === null) return new Refusal('bad-value', `${show(given)} is not a rate`)
      const ms = window.read(match[2], surroundings)
      if (ms instanceof Refusal) return new Refusal(ms.code, `in ${show(given)}, ${ms.message}`, ms.expected)
      const count = Number(match[1])
      return count >= 1 && count <= MOST && (count * 1000) / ms <= MOST_PER_SECOND
        ? { count, ms }
        : new Refusal('out-of-bounds', `${show(given)} is out of bounds`)
    },
  }
}

/** One thing that requests are counted by. */
export const countedBy = () =>
  text(
    'what to count by',
    '`address`, `ticket`, `path`, `site`, or `cookie:` or `header:` with a name',
    /^(address|ticket|path|site|(cookie|header):[!#$%&'*+.^_`|~0-9A-Za-z-]+)$/,
  )
