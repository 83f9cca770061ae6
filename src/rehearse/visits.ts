// Whole visits as an access log has them: which pages somebody asked for one after the other, and how long they looked at each.
// Played again they ask for what people ask for together, and come back for more, which single pages drawn by weight do not.
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Journey, Step } from './journey/journey.ts'
import { type LogLine, parseLogLine } from './log-line.ts'
import { isAskable } from './recording.ts'

export interface Visits {
  /** Visits that begin in each second. */
  rates: number[]
  /** Some of them, evenly over the time, each as a journey. */
  journeys: Journey[]
  visits: number
}

/** Away for longer, whoever comes back is on another visit: half an hour, as analysers of logs have it. */
const AWAY_SECONDS = 1800
/** A visit that asks for more is a machine's, or a browser's of somebody who never leaves. */
const MOST_PAGES = 100
/** Looked at a page for longer, they did something else. */
const LONGEST_LOOK = 120
/** Visits of the part that is played: some 100 bytes and their pages each. */
const MOST_VISITS = 200_000
/** Journeys that a crowd is drawn from: a worker is handed all of them. */
const MOST_JOURNEYS = 300

interface Visit {
  start: number
  last: number
  pages: { path: string; after: number }[]
}

/**
 * The visits of `seconds` from `from` (Unix time) on. Who was there before begins with the first page within. Rejects with a
 * RangeError where the log does not tell who asked, or with the file's error.
 */
export async function readVisits(file: string, from: number, seconds: number): Promise<Visits> {
  const open = new Map<string, Visit>()
  const all: Visit[] = []
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    const said = parseLogLine(line)
    if (said === undefined || said.second < from || said.second >= from + seconds || !isOfVisit(said)) continue
    if (said.client === '') throw new RangeError(`${file} does not tell who asked: whole visits need the address in each line`) // prettier-ignore
    const before = open.get(said.client)
    const visit = before !== undefined && said.second - before.last <= AWAY_SECONDS ? before : begun(said.second)
    if (visit !== before) {
      if (all.length >= MOST_VISITS) continue
      all.push(visit)
      open.set(said.client, visit)
    }
    if (visit.pages.length < MOST_PAGES) visit.pages.push({ path: said.target, after: Math.max(0, said.second - visit.last) }) // prettier-ignore
    visit.last = Math.max(visit.last, said.second)
  }
  const rates = Array.from({ length: seconds }, () => 0)
  for (const { start } of all) rates[start - from]!++
  return { rates, journeys: some(all).map(journeyOf), visits: all.length }
}

const begun = (start: number): Visit => ({ start, last: start, pages: [] })

/** A redirect is followed by whoever plays it, and would come twice; what was not changed is a page like others. */
const isOfVisit = ({ method, status, target }: LogLine): boolean =>
  method === 'GET' && (status < 300 || status === 304) && isAskable(target)

function some(all: readonly Visit[]): Visit[] {
  const every = Math.max(1, all.length / MOST_JOURNEYS)
  return Array.from({ length: Math.min(all.length, MOST_JOURNEYS) }, (_, i) => all[Math.floor(i * every)]!)
}

function journeyOf({ pages }: Visit, index: number): Journey {
  const steps = pages.flatMap(({ path, after }): Step[] => [
    // The log tells whole seconds: half of one more or less.
    ...(after === 0 ? [] : [lookOf(Math.min(after, LONGEST_LOOK))]),
    { kind: 'get', path, expect: { text: [], without: [] }, extract: [] },
  ])
  return { name: `visit ${index + 1}`, weight: 1, steps }
}

const lookOf = (seconds: number): Step => ({ kind: 'think', from: (seconds - 0.5) * 1000, to: (seconds + 0.5) * 1000 })
