// What an event is expected to bring, in a sentence of parts: `300000 visitors, 15% in 2h`. Read here into numbers; what load they
// make is the forecast's to say.

import { Refusal, show } from '../kind.ts'
import type { Kind } from '../kind.ts'
import { duration } from './unit.ts'

export interface Expectation {
  /** As it was written. */
  text: string
  /** Visitors over the whole event; null where only `atOnce` is known. */
  visitors: number | null
  /** The share of them that comes within the busiest window, and how long that is, in milliseconds. */
  share: number
  window: number | null
  /** Visitors that are there at once. */
  atOnce: number | null
  /** Whether `visitors` are those who hear an announced broadcast: the share of them that comes may be left to an assumption. */
  broadcast: boolean
  /** As many as came in this span of the history, wall clock in milliseconds, and how many times as many. */
  like: { from: number; to: number } | null
  times: number
  /** The share of visitors that send a form; null where nothing is said. */
  forms: number | null
  /** Pages that each visitor asks for, and the milliseconds that each stays; null where nothing is said. */
  pages: number | null
  stay: number | null
}

const DAY = 86_400_000
/** A moment without a zone is nobody's. */
const ZONED = /T.*(?:Z|[+-]\d{2}:?\d{2})$/
const NUMBER = String.raw`(\d[\d,]*(?:\.\d+)?)( ?k| ?M)?`
const PARTS: readonly [RegExp, (found: RegExpExecArray, to: Expectation) => boolean][] = [
  [new RegExp(`^${NUMBER} visitors$`), ([, n, unit], to) => positive((to.visitors = read(n!, unit)))],
  [new RegExp(`^${NUMBER} at once$`), ([, n, unit], to) => positive((to.atOnce = read(n!, unit)))],
  [new RegExp(`^${NUMBER} pages each$`), ([, n, unit], to) => positive((to.pages = read(n!, unit)))],
  [
    new RegExp(`^${NUMBER} visitors a day$`),
    ([, n, unit], to) => {
      to.window ??= DAY
      return positive((to.visitors = read(n!, unit)))
    },
  ],
  [
    new RegExp(`^broadcast to ${NUMBER}$`),
    ([, n, unit], to) => (to.broadcast = positive((to.visitors = read(n!, unit)))),
  ],
  [
    /^like (\S+)\/(\S+)$/,
    ([, from, to_], to) => {
      to.like = { from: Date.parse(from!), to: Date.parse(to_!) }
      return to.like.to > to.like.from && ZONED.test(from!) && ZONED.test(to_!)
    },
  ],
  [/^(\d+(?:\.\d+)?) times$/, ([, n], to) => positive((to.times = Number(n)))],
  [
    /^(\d+(?:\.\d+)?) ?% send a form$/,
    ([, part], to) => {
      to.forms = Number(part) / 100
      return to.forms > 0 && to.forms <= 1
    },
  ],
  [/^stay (.+)$/, ([, span], to) => positive((to.stay = milliseconds(span!)))],
  [
    /^(\d+(?:\.\d+)?) ?% in (.+)$/,
    ([, part, span], to) => {
      to.share = Number(part) / 100
      to.window = milliseconds(span!)
      return to.share > 0 && to.share <= 1 && positive(to.window)
    },
  ],
]
const EXPECTED =
  'parts with commas between: "300000 visitors, 15% in 2h", "40000 visitors a day", "40000 at once, stay 3 min", "broadcast to 3M, 1% in 5 min", or "like 2026-11-18T22:00Z/2026-11-19T00:00Z, 1.5 times"; and "4 pages each", "20% send a form" where it is known'
/** More than there are people. */
const MOST = 10_000_000_000

export function expectation(): Kind<Expectation, string> {
  return {
    name: 'expectation',
    expected: EXPECTED,
    schema: { type: 'string', maxLength: 200 },
    format: ({ text }) => text,
    read: given => {
      if (typeof given !== 'string') return new Refusal('wrong-type', `${show(given)} is not text`)
      const nothing = { visitors: null, share: 1, window: null, atOnce: null, pages: null, stay: null }
      const blank = { ...nothing, broadcast: false, like: null, times: 1, forms: null }
      const to: Expectation = { text: given.slice(0, 200), ...blank }
      for (const part of given.split(/,(?!\d{3}\b)/).map(each => each.trim())) {
        const understood = PARTS.some(([pattern, take]) => {
          const found = pattern.exec(part)
          return found !== null && take(found, to)
        })
        if (!understood) return new Refusal('bad-value', `${show(part)} is not understood`)
      }
      if (to.visitors === null && to.atOnce === null && to.like === null)
        return new Refusal('bad-value', 'it says of no visitors')
      if (to.visitors !== null && to.window === null && to.atOnce === null && !to.broadcast)
        return new Refusal('bad-value', 'it does not say in what time they come: add "15% in 2h", say')
      return to
    },
  }
}

const SPAN = duration('1s', '30d')

function milliseconds(text: string): number {
  const span = SPAN.read(text, { env: {}, memory: 0, cpus: 0, resolvePath: path => path, readFile: () => '' })
  return span instanceof Refusal ? NaN : span
}

const read = (digits: string, unit: string | undefined): number =>
  Number(digits.replaceAll(',', '')) * (unit === undefined ? 1 : unit.trim() === 'k' ? 1000 : 1_000_000)

const positive = (value: number): boolean => value > 0 && value <= MOST
