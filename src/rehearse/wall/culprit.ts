// What gave way first: of all signals those that had run full by the time the wall was reached and had not when little was
// asked, the earliest first. Where none had, nothing is named: a wrong name sends people to the wrong place. Pure.
import type { Sample } from '../sources/source.ts'
import * as inferred from './inferred.ts'
import type { Level } from './level.ts'
import { type Signal, SIGNALS } from './signals.ts'
import { curveOf, EASY, FULL, type Suspect } from './suspect.ts'

/** All that gave way, the first first: of those that were seen full, or of one told from what visitors got. `wall` in arrivals per second. */
export function suspectsOf(levels: readonly Level[], wall: number): Suspect[] {
  const inOrder = levels.toSorted((a, b) => a.rate - b.rate)
  // What was missed below it was chance: a long stage held more.
  const missed = inOrder.filter(({ miss, rate }) => miss !== undefined && rate >= wall)
  if (missed.length === 0) return []
  const seen = { levels: inOrder, missed }
  const leak = inferred.memoryLeak(seen)
  const full = [...sampled(inOrder), ...SIGNALS].flatMap(signal => suspect(signal, inOrder, wall) ?? [])
  const ranked = full.toSorted((a, b) => a.since - b.since).map(each => each.suspect)
  const others = ranked.filter(({ signal }) => leak === undefined || signal !== 'memory')
  const certain = [...(leak === undefined ? [] : [leak]), ...others]
  if (certain.length > 0) return certain
  // What a site does at every rate, however low, is no limit of it: it may not even be there.
  if (missed.length === inOrder.length) return []
  const told =
    inferred.restarts(seen) ??
    inferred.refusals(seen) ??
    inferred.waitingFor(seen) ??
    inferred.diskByTurns(seen) ??
    inferred.soManyAtATime(seen) ??
    inferred.contention(seen)
  return told === undefined ? [] : [told]
}

/** What broke first, or undefined when nothing seen explains it. */
export const culpritOf = (levels: readonly Level[], wall: number): Suspect | undefined => suspectsOf(levels, wall)[0]

/** The signals that sources beside /proc told of, those of a service before what only shows there, such as a thread. */
function sampled(levels: readonly Level[]): Signal[] {
  const latest = new Map<string, Sample>()
  for (const { readings } of levels)
    for (const each of readings.flatMap(reading => reading.samples))
      if (each.value >= (latest.get(each.signal)?.value ?? 0)) latest.set(each.signal, each)
  return [...latest.values()].map(({ signal, detail }) => ({
    name: signal,
    value: ({ samples }) => samples.find(each => each.signal === signal)?.value ?? 0,
    evidence: () => detail,
  }))
}

function suspect(
  signal: Signal,
  levels: readonly Level[],
  wall: number,
): { since: number; suspect: Suspect } | undefined {
  // prettier-ignore
  const curve = curveOf(levels, each => signal.value(each))
  const before = curve[0]?.value ?? 1
  const near = curve.filter(({ rate }) => rate > wall)
  const first = curve.find(({ value }) => value >= FULL)
  // Full on one level beyond the wall may be chance; full before anything was asked is somebody else's doing.
  const often = near.filter(({ value }) => value >= FULL).length >= near.length / 2
  if (first === undefined || near.length === 0 || !often || before >= EASY) return undefined
  const at = Math.max(...near.map(({ value }) => value))
  return { since: first.rate, suspect: { signal: signal.name, evidence: signal.evidence(at, before, first.rate), curve } } // prettier-ignore
}
