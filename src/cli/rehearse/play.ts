// Plays a rehearsal: a crowd as it was asked for, or the search for the wall. Shows each second, keeps what came of it, and
// ends with an exit code.
import { systemClock } from '../../base/clock.ts'
import { type Kept, type KeptSecond, keepRun } from '../../rehearse/kept/kept.ts'
import { type LoadResult, runLoad } from '../../rehearse/load.ts'
import type { Plan } from '../../rehearse/wall/level.ts'
import { wallReport, type WallReport } from '../../rehearse/wall/report.ts'
import { missOf } from '../../rehearse/wall/slo.ts'
import { findWall, type Seen } from '../../rehearse/wall/wall.ts'
import type { Second } from '../../rehearse/watch.ts'
import type { Colours } from '../colours.ts'
import type { Rehearsal } from './prepare.ts'
import { HEADING, levelLine, loadText, secondLine, wallText } from './screen.ts'

/** The site did not keep its promise; the run says nothing about the site; somebody ended it. */
const MISSED_EXIT = 1
const INVALID_EXIT = 3
const STOPPED_EXIT = 130

export async function playLoad(rehearsal: Rehearsal, colours: Colours): Promise<number> {
  const { crowd, shape, seconds, slo, gauges, flags, write, signal } = rehearsal
  const run = await runLoad({ ...crowd, shape, seconds }, signal)
  write(HEADING)
  gauges?.read()
  const bySecond: Second[] = []
  for await (const second of run.seconds) {
    bySecond.push(second)
    write(secondLine(second.planned, second, gauges?.read(), colours))
  }
  const load = await run.result
  const miss = missOf(slo, load, shape.kind === 'constant' ? bySecond : [])
  write(loadText(load, miss, colours))
  const kept = keep(rehearsal, bySecond, { load, wall: null })
  if (flags.json === true)
    print({ ...load, slo, kept: miss === undefined, miss: miss ?? null, name: kept?.name ?? null })
  return loadExit(load, miss === undefined)
}

const loadExit = ({ stopped, valid }: LoadResult, isKept: boolean): number =>
  stopped ? STOPPED_EXIT : !valid ? INVALID_EXIT : isKept ? 0 : MISSED_EXIT

export async function playWall(rehearsal: Rehearsal, colours: Colours): Promise<number> {
  const { crowd, slo, page, gauges, flags, write, signal } = rehearsal
  let shown: Plan | undefined
  const tell = (plan: Plan, second: Second, reading?: Parameters<typeof secondLine>[2]): void => {
    if (plan !== shown) write(levelLine(plan, colours) + HEADING)
    shown = plan
    write(secondLine(plan.rate, second, reading, colours))
  }
  const hold = flags.hold === undefined ? {} : { holdSeconds: flags.hold }
  const seen = await findWall({ crowd, page, slo, gauges, tell, ...hold }, signal)
  const report = wallReport(crowd.target, slo, crowd.seed, crowd.journeys, seen)
  write(wallText(report, colours))
  const kept = keep(rehearsal, heldSeconds(seen), { load: null, wall: report })
  if (flags.json === true) print({ ...report, name: kept?.name ?? null })
  return signal.aborted ? STOPPED_EXIT : wallExit(report)
}

export const wallExit = ({ valid, wall, noWallUpTo }: WallReport): number =>
  !valid ? INVALID_EXIT : wall === null && noWallUpTo === null ? MISSED_EXIT : 0

const heldSeconds = ({ levels }: Seen): readonly Second[] =>
  levels.findLast(level => level.stage === 'holding')?.bySecond ?? []

/** What may be compared later; nothing of a run that somebody ended. */
function keep(
  rehearsal: Rehearsal,
  bySecond: readonly Second[],
  result: Pick<Kept, 'load' | 'wall'>,
): Kept | undefined {
  const { crowd, fingerprint, question, data, write, signal } = rehearsal
  if (data === undefined || signal.aborted) return undefined
  const run = { target: crowd.target, question, fingerprint, seconds: bySecond.map(keptSecond), ...result }
  try {
    const kept = keepRun(data, run, systemClock.now())
    write(`  Kept as ${kept.name}.\n`)
    return kept
  } catch (error) {
    process.stderr.write(`It is not kept: ${error instanceof Error ? error.message : String(error)}\n`)
    return undefined
  }
}

const keptSecond = ({ good, lost, latencyMs }: Second): KeptSecond => ({ good, lost, meanMs: latencyMs.mean })

const print = (value: object): void => void process.stdout.write(`${JSON.stringify(value)}\n`)
