// What gave way first: of all signals those that had run full by the time the wall was reached and had not when little was
// asked, the earliest first. Where none had, nothing is named: a wrong name sends people to the wrong place. Pure.
import type { Reading } from '../gauges/gauges.ts'
import type { Level } from './level.ts'

export interface Suspect {
  signal: string
  /** In words and numbers. */
  evidence: string
  /** The signal at each rate, from the lowest: 1 is full. */
  curve: { rate: number; value: number }[]
}

/** From here on a signal counts as full, and up to there as easy. */
const FULL = 0.9
const EASY = 0.75

/** Overflows are counted for the whole machine; they are the site's own when so many wait at its door. */
const WAITING = 16

/** A signal of the site: how full it was in a second, and what to say of it. */
interface Signal {
  name: string
  value: (reading: Reading) => number
  evidence: (at: number, before: number, rate: number) => string
}

const SIGNALS: Signal[] = [
  { name: 'accept queue', value: each => (each.overflows > 0 && each.acceptQueue >= WAITING ? 1 : 0), evidence: (_at, _before, rate) => `the queue of connections that wait to be accepted overflowed at ${round(rate)} a second` },
  { name: 'open files', value: each => each.openFiles, evidence: at => `the process had ${percent(at)} of the files open that it may have` },
  { name: 'disk', value: each => each.disk, evidence: (at, before) => `the busiest disk was at work ${percent(at)} of the time, ${percent(before)} before` },
  { name: 'memory', value: each => (each.memoryLeft < 0.05 ? 1 : 1 - each.memoryLeft), evidence: at => `${percent(at)} of the machine's memory was taken` },
  { name: 'cpu', value: each => each.threadWanted, evidence: (at, before) => `the busiest thread of the site had work for ${percent(at)} of the time, ${percent(before)} when little was asked` },
] // prettier-ignore

/** What broke first, or undefined when nothing seen explains it. `levels` in any order; `wall` in arrivals per second. */
export function culpritOf(levels: readonly Level[], wall: number): Suspect | undefined {
  const inOrder = levels.toSorted((a, b) => a.rate - b.rate)
  const missed = inOrder.filter(level => level.miss !== undefined)
  if (missed.length === 0) return undefined
  const full = SIGNALS.flatMap(signal => suspect(signal, inOrder, wall) ?? []).sort((a, b) => a.since - b.since)
  return full[0]?.suspect ?? refusals(missed, inOrder) ?? waitingFor(inOrder, missed)
}

function suspect(
  signal: Signal,
  levels: readonly Level[],
  wall: number,
): { since: number; suspect: Suspect } | undefined {
  const curve = levels.flatMap(({ rate, readings }) => readings.length === 0 ? [] : [{ rate, value: median(readings.map(each => signal.value(each))) }]) // prettier-ignore
  const before = curve[0]?.value ?? 1
  const near = curve.filter(({ rate }) => rate > wall)
  const first = curve.find(({ value }) => value >= FULL)
  // Full on one level beyond the wall may be chance; full before anything was asked is somebody else's doing.
  const often = near.filter(({ value }) => value >= FULL).length >= near.length / 2
  if (first === undefined || near.length === 0 || !often || before >= EASY) return undefined
  const at = Math.max(...near.map(({ value }) => value))
  return { since: first.rate, suspect: { signal: signal.name, evidence: signal.evidence(at, before, first.rate), curve } } // prettier-ignore
}

/** The site had room, but said no, closed connections or took none. */
function refusals(missed: readonly Level[], levels: readonly Level[]): Suspect | undefined {
  const sum = (of: (level: Level) => number): number => missed.reduce((total, level) => total + of(level), 0)
  const lost = sum(level => level.result.lost)
  const views = sum(level => level.result.good + level.result.lost)
  const refused = sum(level => level.result.refusals)
  const closed = sum(level => level.result.lostBy.refused + level.result.lostBy.closed)
  const curve = levels.map(({ rate, result }) => ({
    rate,
    value: result.lost / Math.max(1, result.good + result.lost),
  }))
  if (lost < views / 1000 || lost === 0) return undefined
  if (refused > lost * 0.8) {
    const evidence = `${percent(refused / views)} of the requests were answered 429 or 503, and nothing of the site was full`
    return { signal: 'rate limiter', evidence, curve }
  }
  if (closed < lost * 0.8) return undefined
  return { signal: 'connection limit', evidence: `${percent(closed / views)} of the views ended without an answer because their connection was closed or refused, and nothing of the site was full`, curve } // prettier-ignore
}

/** Requests queue inside the site while its connections to another service stay as many as they are: those are the bound. */
function waitingFor(levels: readonly Level[], missed: readonly Level[]): Suspect | undefined {
  const inFlight = Math.max(...missed.flatMap(level => level.bySecond.map(each => each.inFlight)))
  const ports = new Set(missed.flatMap(level => level.readings.flatMap(each => each.outgoing.map(({ port }) => port))))
  for (const port of ports) {
    const of = (reading: Reading) => reading.outgoing.find(each => each.port === port)
    const atWall = missed.flatMap(level => level.readings.flatMap(each => of(each) ?? []))
    const most = Math.max(...atWall.map(each => each.connections))
    const steady = atWall.filter(each => each.connections >= most - 1).length >= atWall.length * 0.8
    const work = median(atWall.flatMap(each => each.threadWanted ?? []))
    const curve = levels.flatMap(({ rate, readings }) => {
      const counts = readings.flatMap(each => of(each)?.connections ?? [])
      return counts.length === 0 ? [] : [{ rate, value: median(counts) / most }]
    })
    if (work >= FULL) return { signal: `service on port ${port}`, evidence: `its busiest thread had work for ${percent(work)} of the time`, curve } // prettier-ignore
    if (steady && inFlight > 3 * most) return { signal: 'connection pool', evidence: `the site kept ${most} connections to port ${port} while ${inFlight} requests waited, and nothing else was full`, curve } // prettier-ignore
  }
  return undefined
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[sorted.length >> 1] ?? 0
}

const percent = (share: number): string => `${Math.round(share * 100)}%`
const round = (rate: number): string => (rate < 10 ? rate.toFixed(1) : String(Math.round(rate)))
