// A crowd as it was: reads an access log (common, combined, or JSON lines) for how many came in each second and for what.
// Only what can be asked again without harm is: GETs that were answered. Everything else is counted, not guessed.
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { WeightedPath } from './job.ts'
import { parseLogLine } from './log-line.ts'

export interface Recording {
  /** Requests in each second of the part that is played, and its first second (Unix time). */
  rates: number[]
  from: number
  /** What was asked for most, by how often. */
  paths: WeightedPath[]
  /** Lines that are played, that say something else (posts, failures), and that could not be read. */
  used: number
  other: number
  unread: number
}

/** The longest part that is played: a run lasts an hour at most. */
export const LONGEST_RECORDING = 3600
/** Pages that are told apart; the rest of them are asked for as seldom as the rarest of these. */
const MOST_PATHS = 1000
/** While a log is read: a site of more pages than that is told by those that came first. 100,000 short texts are some 20 MiB. */
const MOST_READ_PATHS = 100_000
/** Seconds that a log may span: three months, 8 bytes each. */
const MOST_SECONDS = 8_000_000

/** Unix times, whole seconds: the first that counts, and the first that does not any more. */
export interface Within {
  from: number
  to: number
}

/** Reads the log, or what of it lies within, and takes the busiest `seconds` of it. Rejects with a RangeError when there is nothing to play, or with the file's error. */
export async function readRecording(file: string, seconds: number, within?: Within): Promise<Recording> {
  const bySecond = new Map<number, number>()
  const byPath = new Map<string, number>()
  const counts = { used: 0, other: 0, unread: 0 }
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    if (line === '') continue
    const said = parseLogLine(line)
    if (said === undefined) counts.unread++
    else if (within !== undefined && (said.second < within.from || said.second >= within.to)) continue
    else if (said.method !== 'GET' || said.status >= 400 || !isAskable(said.target)) counts.other++
    else {
      counts.used++
      bySecond.set(said.second, (bySecond.get(said.second) ?? 0) + said.requests)
      const seen = byPath.get(said.target)
      if (seen !== undefined || byPath.size < MOST_READ_PATHS) byPath.set(said.target, (seen ?? 0) + said.requests)
    }
  }
  if (counts.used === 0) throw new RangeError(nothingToPlay(file, counts.other, counts.unread))
  return { ...busiest(file, bySecond, seconds), paths: mostAsked(byPath), ...counts }
}

export const isAskable = (target: string): boolean => /^\/[!-~]*$/.test(target)

function nothingToPlay(file: string, other: number, unread: number): string {
  if (other + unread === 0) return `${file} is empty: there is no crowd in it`
  const read = other > 0 ? `${other} of its lines tell of other things than answered GETs` : ''
  const unreadable = unread > 0 ? `${unread} are no lines of a common, combined or JSON access log` : ''
  return `${file}: there is no crowd in it; ${[read, unreadable].filter(Boolean).join(', ')}`
}

function mostAsked(byPath: Map<string, number>): WeightedPath[] {
  const sorted = [...byPath].sort(([, a], [, b]) => b - a).slice(0, MOST_PATHS)
  return sorted.map(([path, weight]) => ({ path, weight }))
}

/** The part of that length in which most came: a window slid over the whole. */
function busiest(file: string, bySecond: Map<number, number>, length: number): { rates: number[]; from: number } {
  let [first, last] = [Infinity, -Infinity]
  for (const second of bySecond.keys()) [first, last] = [Math.min(first, second), Math.max(last, second)]
  if (last - first > MOST_SECONDS) throw new RangeError(`${file} spans more than three months: cut a part out of it`)
  const width = Math.min(length, last - first + 1)
  const at = (second: number): number => bySecond.get(second) ?? 0
  let sum = 0
  let best = { from: first, sum: -1 }
  for (let second = first; second <= last; second++) {
    sum += at(second) - at(second - width)
    if (second >= first + width - 1 && sum > best.sum) best = { from: second - width + 1, sum }
  }
  return { from: best.from, rates: Array.from({ length: width }, (_, i) => at(best.from + i)) }
}
