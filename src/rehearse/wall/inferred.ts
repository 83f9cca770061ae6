// What gave way where nothing was seen to be full: told from what the visitors got and from the law of the queue (Little,
// 1961: what is at work at a time is throughput times service time). Each says undefined sooner than a wrong name. Pure.
import type { Reading } from '../gauges/gauges.ts'
import { type Level, wentDown } from './level.ts'
import { curveOf, EASY, FULL, median, percent, round, type Suspect } from './suspect.ts'

/** Levels in the order of their rates; `missed`: those that did not keep the SLO, one at least. */
export interface Case {
  levels: readonly Level[]
  missed: readonly Level[]
}

const sum = (levels: readonly Level[], of: (level: Level) => number): number =>
  levels.reduce((total, level) => total + of(level), 0)

/** How many there were a second while visitors came; the first third of a level, which may have been ended early, still fills the queue. */
function eachSecond({ bySecond, seconds }: Level, what: 'good' | 'planned'): number {
  const played = Math.min(seconds, bySecond.at(-1)?.second ?? 0)
  const during = bySecond.filter(each => each.second <= played && each.second > played / 3)
  return during.reduce((total, each) => total + each[what], 0) / Math.max(1, during.length)
}

/** Good answers a second. */
const doneOf = (level: Level): number => eachSecond(level, 'good')

/** So much more memory than at the start, and most of what it holds: it kept what it should have let go. */
const LEAST_LEAK = 64 * 1024 * 1024
const LEAKED = 0.4

/** A process that died with its memory full, or grew with every request until it failed. */
export function memoryLeak({ levels, missed }: Case): Suspect | undefined {
  const readings = levels.flatMap(each => each.readings)
  const first = levels[0]?.readings[0]?.memoryBytes ?? 0
  const most = Math.max(0, ...readings.map(each => each.memoryBytes))
  const died = missed.filter(level => level.readings.some(each => each.restarted)).length
  const failed = sum(missed, level => level.result.status['5xx']) > sum(missed, level => level.result.lost) * 0.5
  const grew = most - first
  if (grew < LEAST_LEAK || grew < most * LEAKED || !growsWithRequests(levels)) return undefined
  if (died === 0 && !failed) return undefined
  const curve = curveOf(levels, each => each.memoryBytes / most)
  const end = died > 0 ? 'and then died' : 'and then answered with errors'
  return { signal: 'memory', evidence: `the site's memory grew from ${mib(first)} to ${mib(most)} with what was asked of it, a leak, ${end}`, curve } // prettier-ignore
}

/** In nearly all levels that did not begin anew, the site held more at the end of a busy level than a quiet one at all. */
function growsWithRequests(levels: readonly Level[]): boolean {
  const peaks = levels.flatMap(({ readings }) => readings.length === 0 ? [] : [Math.max(...readings.map(each => each.memoryBytes))]) // prettier-ignore
  const quiet = median(peaks.slice(0, Math.ceil(peaks.length / 3)))
  const busy = median(peaks.slice(-Math.ceil(peaks.length / 3)))
  return peaks.length >= 3 && busy > quiet * 1.3
}

const mib = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`

/** Its processes died under the load, for reasons that are not seen. */
export function restarts({ levels, missed }: Case): Suspect | undefined {
  const died = missed.filter(level => level.readings.some(each => each.restarted)).length
  if (died === 0 || died < missed.length / 2) return undefined
  const curve = levels.map(({ rate, readings }) => ({ rate, value: readings.some(each => each.restarted) ? 1 : 0 }))
  return { signal: 'restarts', evidence: `a process of the site died in ${died} of the ${missed.length} levels beyond the wall, and nothing of it was seen to be full`, curve } // prettier-ignore
}

/** At the levels beyond all that come are let through up to the same rate, within so much: somebody counts, and says no to what is beyond. */
const SAME_RATE = 0.15

/** The site had room, but said no, closed connections or took none. */
export function refusals({ levels, missed }: Case): Suspect | undefined {
  const lost = sum(missed, level => level.result.lost)
  const views = sum(missed, level => level.result.good + level.result.lost)
  const refused = sum(missed, level => level.result.refusals)
  const closed = sum(missed, level => level.result.lostBy.refused + level.result.lostBy.closed)
  // A site that is asked far too much may do so for other reasons, and one that has died does: it has to wherever it missed, and to serve others.
  const lossy = missed.filter(level => level.result.lost > (level.result.good + level.result.lost) / 1000 && !wentDown(level)) // prettier-ignore
  if (lossy.length <= missed.length / 2) return undefined
  const curve = levels.map(({ rate, result }) => ({
    rate,
    value: result.lost / Math.max(1, result.good + result.lost),
  }))
  if (refused > lost * 0.8 && countsRates(missed)) {
    const evidence = `${percent(refused / views)} of the requests were answered 429 or 503 while about ${round(Math.max(...missed.map(doneOf)))} a second were let through, and nothing of the site was full`
    return { signal: 'rate limiter', evidence, curve }
  }
  if (closed < lost * 0.8) return undefined
  return { signal: 'connection limit', evidence: `${percent(closed / views)} of the views ended without an answer because their connection was closed or refused, and nothing of the site was full`, curve } // prettier-ignore
}

/** A level that asks for little more than is let through is missed where chance brings too many in one second, and gets nearly all. */
function countsRates(missed: readonly Level[]): boolean {
  const most = Math.max(...missed.map(doneOf))
  return missed.every(each => doneOf(each) >= (1 - SAME_RATE) * Math.min(eachSecond(each, 'planned'), most))
}

/** Requests queue inside the site while its connections to another service stay as many as they are: those are the bound. */
export function waitingFor({ levels, missed }: Case): Suspect | undefined {
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
    if (work >= FULL) return { signal: `service on port ${port}`, evidence: `its busiest thread had work for ${percent(work)} of the time: what the site asks it takes too long`, curve } // prettier-ignore
    if (steady && inFlight > 3 * most) return { signal: 'connection pool', evidence: `the site kept ${most} connections to port ${port} while ${inFlight} requests waited, and nothing else was full`, curve } // prettier-ignore
  }
  return undefined
}

/** Waits are looked for twenty times a second, so what fills a thread together is known to a tenth; and a third of it is no small part. */
const TAKEN = 0.85
const WAITED = 1 / 3

const at = ({ readings }: Level, of: (reading: Reading) => number): number => median(readings.map(of))

/** A thread that works and waits for a disk by turns does nothing else, though neither fills its time. */
export function diskByTurns({ levels, missed }: Case): Suspect | undefined {
  const taken = median(missed.map(each => at(each, reading => reading.threadTaken)))
  const worked = median(missed.map(each => at(each, reading => reading.threadWanted)))
  const before = at(levels[0]!, reading => reading.threadTaken)
  if (taken < TAKEN || taken - worked < taken * WAITED || before > EASY) return undefined
  const evidence = `the busiest thread of the site worked ${percent(worked)} of the time and waited for a disk for most of the rest, ${percent(taken)} together, ${percent(before)} when little was asked`
  return { signal: 'disk', evidence, curve: curveOf(levels, each => each.threadTaken) }
}

/** Waiting is so many times the service: what is late waits for its turn. */
const QUEUES = 3
/** How far from one is still one, and how much less than the best is still as much. */
const WHOLE = 0.15
/** Threads and disks that do less than this were not what was waited for. */
const IDLE = 0.6

/** So many at a time and no more, while nothing is at work: one is a lock, more are a pool of something. */
export function soManyAtATime({ levels, missed }: Case): Suspect | undefined {
  const service = median(levels.slice(0, 2).map(each => each.result.serviceMs.p50)) / 1000
  const done = missed.map(doneOf)
  const most = Math.max(...done)
  const atATime = most * service
  const waits = missed.filter(each => each.result.latencyMs.p50 > QUEUES * service * 1000)
  const busy = Math.max(...missed.map(({ readings }) => median(readings.map(each => Math.max(each.threadWanted, each.disk, each.stalled))))) // prettier-ignore
  const steady = done.every(each => each > most * (1 - 2 * WHOLE))
  const observed = missed.some(({ readings }) => readings.some(each => each.seen))
  if (!observed || busy > IDLE || !steady || waits.length < missed.length / 2) return undefined
  // Between one and two there is no place: what is worked on then is something else.
  if (service < 0.002 || atATime < 1 - WHOLE || (atATime > 1 + WHOLE && atATime < 2 - 2 * WHOLE)) return undefined
  const whole = Math.round(atATime)
  const curve = levels.map(level => ({ rate: level.rate, value: (doneOf(level) * service) / atATime }))
  const sums = `${round(most)} a second of ${round(service * 1000)} ms each`
  return whole === 1
    ? { signal: 'lock', evidence: `requests went through one at a time however many waited (${sums}), while the site's threads and disks had time: they wait for each other, as for a lock`, curve }
    : { signal: 'pool', evidence: `${whole} requests were worked on at a time however many waited (${sums}), while the site's threads and disks had time: they wait for a place, as in a pool`, curve } // prettier-ignore
}

/** A site that does less the more is asked of it, with nothing full. */
const FALLEN = 0.6

export function contention({ levels, missed }: Case): Suspect | undefined {
  const best = Math.max(...levels.map(doneOf))
  const last = missed.at(-1)!
  const done = doneOf(last)
  const refused = sum(missed, level => level.result.refusals + level.result.lostBy.refused)
  // Who is answered with an error was not held up by others.
  const failed = sum(missed, level => level.result.lostBy.status) > sum(missed, level => level.result.lost) / 2
  if (done > best * FALLEN || refused > 0 || failed || last.rate < best) return undefined
  const curve = levels.map(level => ({ rate: level.rate, value: 1 - doneOf(level) / Math.max(best, level.rate) }))
  return { signal: 'contention', evidence: `the more was asked the less was done: ${round(done)} good answers a second at ${round(last.rate)}, ${round(best)} at best; requests cost each other, and it collapses`, curve } // prettier-ignore
}
