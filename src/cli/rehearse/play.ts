// Plays a rehearsal: a crowd as it was asked for, or the search for the wall. Shows each second, keeps what came of it, and
// ends with an exit code.
import { writeFileSync } from 'node:fs'
import { systemClock } from '../../base/clock.ts'
import { dateAndTime } from '../../charts/ticks.ts'
import { feltBy, feltText, type Felt } from '../../rehearse/browsers/felt.ts'
import type { Reading } from '../../rehearse/gauges/gauges.ts'
import { inShort, type Kept as KeptRun, type KeptSecond, keepRun } from '../../rehearse/kept/kept.ts'
import { type LoadResult, runLoad } from '../../rehearse/load.ts'
import type { Plan } from '../../rehearse/wall/level.ts'
import { wallReport, type WallReport } from '../../rehearse/wall/report.ts'
import { missOf } from '../../rehearse/wall/slo.ts'
import { findWall, type Seen } from '../../rehearse/wall/wall.ts'
import type { Second } from '../../rehearse/watch.ts'
import { CliError } from '../cli-error.ts'
import type { Colours } from '../colours.ts'
import { loadPage, wallPage } from './page.ts'
import { judged, type Kept, thresholdText } from './thresholds.ts'
import type { Rehearsal } from './prepare.ts'
import { HEADING, levelLine, loadText, secondLine, STAGES, waitLine, wallText } from './screen.ts'

/** The site did not keep its promise; the run says nothing about the site; somebody ended it. */
const MISSED_EXIT = 1
const INVALID_EXIT = 3
const STOPPED_EXIT = 130

export async function playLoad(rehearsal: Rehearsal, colours: Colours): Promise<number> {
  const { crowd, shape, seconds, slo, gauges, flags, write, signal } = rehearsal
  rehearsal.browsers?.beside(shape.kind === 'constant' ? shape.rate : null)
  const run = await runLoad({ ...crowd, shape, seconds }, signal)
  write(HEADING)
  gauges.read()
  const bySecond: Second[] = []
  const moments: { second: Second; reading: Reading | undefined }[] = []
  for await (const second of run.seconds) {
    const reading = gauges.read()
    rehearsal.onSecond(second)
    bySecond.push(second)
    moments.push({ second, reading })
    rehearsal.teller.second({ stage: 'a crowd', rate: undefined, seconds }, second, reading)
    write(secondLine(second.planned, second, reading, colours, `${second.second}/${seconds} s`))
  }
  const load = await run.result
  const miss = missOf(slo, load, shape.kind === 'constant' ? bySecond : [])
  write(loadText(load, miss, colours))
  rehearsal.teller.end(`Rehearsal of ${crowd.target}: ${inShort({ load, wall: null })}`)
  const thresholds = judged(flags.threshold, { load, wall: null })
  const felt = tell(rehearsal, thresholds, colours)
  const kept = keep(rehearsal, bySecond, { load, wall: null })
  const slowestQueries = await gauges.slowQueries()
  writePage(rehearsal, () => loadPage(load, slo, miss, moments, { thresholds, felt, when: when() }))
  if (flags.json === true)
    print({ ...load, slo, kept: miss === undefined, miss: miss ?? null, thresholds, slowestQueries, browsers: felt, name: kept?.name ?? null }) // prettier-ignore
  return loadExit(load, miss === undefined && thresholds.every(each => each.kept))
}

const loadExit = ({ stopped, valid }: LoadResult, isKept: boolean): number =>
  stopped ? STOPPED_EXIT : !valid ? INVALID_EXIT : isKept ? 0 : MISSED_EXIT

export async function playWall(rehearsal: Rehearsal, colours: Colours): Promise<number> {
  const { crowd, slo, page, gauges, flags, write, signal } = rehearsal
  let shown: Plan | undefined
  const show = (plan: Plan, second: Second, reading?: Parameters<typeof secondLine>[2]): void => {
    if (plan !== shown) write(levelLine(plan, colours) + HEADING)
    shown = plan
    rehearsal.browsers?.beside(Math.round(plan.rate * 10) / 10)
    rehearsal.onSecond(second)
    rehearsal.teller.second({ stage: STAGES[plan.stage], rate: plan.rate, seconds: plan.seconds }, second, reading)
    write(secondLine(plan.rate, second, reading, colours, `${second.second}/${plan.seconds} s`))
  }
  const onWait = (waited: number): void => write(waitLine(waited, colours))
  const hold = flags.hold === undefined ? {} : { holdSeconds: flags.hold }
  const seen = await findWall({ crowd, page, slo, gauges, tell: show, onWait, ...hold }, signal)
  const report = wallReport(crowd.target, slo, crowd.seed, crowd.journeys, seen, await gauges.slowQueries())
  write(wallText(report, colours))
  rehearsal.teller.end(`Rehearsal of ${crowd.target}: ${inShort({ load: null, wall: report })}`)
  const thresholds = judged(flags.threshold, { load: null, wall: report })
  const felt = tell(rehearsal, thresholds, colours)
  const kept = keep(rehearsal, heldSeconds(seen), { load: null, wall: report })
  writePage(rehearsal, () => wallPage(report, seen.levels, { thresholds, felt, when: when() }))
  if (flags.json === true) print({ ...report, thresholds, browsers: felt, name: kept?.name ?? null })
  if (signal.aborted) return STOPPED_EXIT
  return wallExit(report) === 0 && thresholds.some(each => !each.kept) ? MISSED_EXIT : wallExit(report)
}

/** What thresholds came to, what real browsers felt, and which gauges could not be read; null without browsers. */
function tell(
  { write, gauges, browsers }: Rehearsal,
  thresholds: readonly Kept[],
  { red, green }: Colours,
): Felt[] | null {
  const felt = browsers === undefined ? null : feltBy(browsers.loads)
  for (const each of feltText(felt ?? [])) write(`  ${each}.\n`)
  for (const each of thresholds) write(`  ${(each.kept ? green : red)(thresholdText(each))}\n`)
  for (const [source, fault] of gauges.faults) write(red(`  ${source} could not be read at times: ${fault}\n`))
  return felt
}

function writePage({ flags: { html }, write }: Rehearsal, page: () => string): void {
  if (html === undefined) return
  try {
    writeFileSync(html, page())
    write(`  ${html} is written.\n`)
  } catch (error) {
    throw new CliError(`${html} cannot be written: ${error instanceof Error ? error.message : String(error)}`)
  }
}

const when = (): string => dateAndTime(systemClock.now() / 1000, Intl.DateTimeFormat().resolvedOptions().timeZone)

export const wallExit = ({ valid, wall, noWallUpTo }: WallReport): number =>
  !valid ? INVALID_EXIT : wall === null && noWallUpTo === null ? MISSED_EXIT : 0

const heldSeconds = ({ levels, search: { held } }: Seen): readonly Second[] =>
  levels.findLast(level => level.stage === 'holding' && (held === 0 || level.rate === held))?.bySecond ?? []

/** What may be compared later; nothing of a run that somebody ended. */
function keep(
  rehearsal: Rehearsal,
  bySecond: readonly Second[],
  result: Pick<KeptRun, 'load' | 'wall'>,
): KeptRun | undefined {
  const { crowd, fingerprint, asked, question, data, write, signal } = rehearsal
  if (data === undefined || signal.aborted) return undefined
  const run = { target: crowd.target, question, fingerprint, asked, seconds: bySecond.map(keptSecond), ...result }
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
