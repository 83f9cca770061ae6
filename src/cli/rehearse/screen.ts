// What `rehearse` prints: a line a second, and at the end what a person wants to know first. Pure.
import type { Reading } from '../../rehearse/gauges/gauges.ts'
import { LOST_AFTER_MS } from '../../rehearse/job.ts'
import type { LoadResult } from '../../rehearse/load.ts'
import type { Plan } from '../../rehearse/wall/level.ts'
import { SIGNALS } from '../../rehearse/wall/signals.ts'
import type { WallReport } from '../../rehearse/wall/report.ts'
import type { Second } from '../../rehearse/watch.ts'
import type { Colours } from '../colours.ts'

export const STAGES: Record<Plan['stage'], string> = {
  baseline: 'at rest',
  doubling: 'twice as many',
  bisection: 'between',
  holding: 'held',
  beyond: 'beyond the wall',
}

export const HEADING = '          rate/s   asked    good    lost     p95  waiting  site CPU   own CPU  fullest\n'

/** Says which level begins. */
export function levelLine({ stage, rate, seconds }: Plan, { bold }: Colours): string {
  return bold(`\n${STAGES[stage]}: ${rateText(rate)} a second, for ${seconds} s\n`)
}

/** Between two levels, while the site is not what it was. */
export const waitLine = (seconds: number, { dim }: Colours): string =>
  dim(`          waiting until the site is itself again, for ${seconds} s\n`)

/** `progress`: how far it is, such as 12/30 s. */
export function secondLine(
  rate: number,
  second: Second,
  reading: Reading | undefined,
  { red, dim }: Colours,
  progress = '',
): string {
  const { planned, good, lost, inFlight, latencyMs, ownCpu } = second
  const wait = good + lost === 0 ? '-' : milliseconds(latencyMs.p95)
  const cpu = reading?.seen !== true ? dim('-'.padStart(10)) : cell(percent(reading.threadRan), 10)
  const cells = [cell(rateText(rate), 8), cell(String(planned), 8), cell(String(good), 8)]
  const loss = cell(String(lost), 8)
  return `${dim(progress.padStart(8))}${cells.join('')}${lost > 0 ? red(loss) : loss}${cell(wait, 8)}${cell(String(inFlight), 9)}${cpu}${cell(percent(ownCpu), 10)}  ${fullest(reading)}\n`
}

/** Of all gauges but the CPU, which has a column, the fullest. */
function fullest(reading: Reading | undefined): string {
  const found = fullestOf(reading)
  return found === undefined ? '' : `${found.name} ${percent(found.value)}`
}

/** Undefined where nothing is known or all is empty. */
export function fullestOf(reading: Reading | undefined): { name: string; value: number } | undefined {
  if (reading === undefined) return undefined
  const own = SIGNALS.filter(each => each.name !== 'cpu').map(each => [each.name, each.value(reading)] as const)
  const told = reading.samples.map(each => [each.signal, each.value] as const)
  const [name, value] = [...own, ...told].toSorted((a, b) => b[1] - a[1])[0] ?? ['', 0]
  return value < 0.01 ? undefined : { name, value }
}

export function wallText(report: WallReport, colours: Colours): string {
  const { bold, red, green } = colours
  const lines = [
    ...(report.valid ? [] : [red('This rehearsal is not valid and says nothing about the site.')]),
    ...report.faults.map(fault => red(`${fault}.`)),
    bold(headline(report)),
    ...(report.wall === null ? [] : [`  It lies between ${report.wall.interval.join(' and ')} a second; the lower was held for ${report.wall.heldSeconds} s.`, `  That is about ${report.wall.visitors} visitors at a time who wait and think ${report.wall.thinkSeconds} s in all.`]),
    ...(report.knee === null ? [] : [`  From ${report.knee.ratePerSecond} a second on, waiting grows faster than what is done (the knee).`]),
    ...(report.beyond === null ? [] : [`  Beyond it, at ${report.beyond.ratePerSecond} a second, the site ${report.beyond.behaviour}: ${report.beyond.goodPerSecond} good answers a second.`, report.recoverySeconds === null ? '  It was not seen to be itself again after that.' : `  It was itself again ${report.recoverySeconds} s after that.`]),
    report.culprit === null ? '  What broke first is not known.' : `  What broke first: ${green(report.culprit.signal)}: ${report.culprit.evidence}.`,
    ...report.alsoFull.map(each => `  Full by then, too: ${each.signal}: ${each.evidence}.`),
    ...(report.limitedBy === null ? [] : [`  More could not be asked: ${report.limitedBy.evidence}.`]),
    ...slowest(report),
    arrivals(report),
    ...report.notes.map(note => `  Seen: ${note}`),
  ] // prettier-ignore
  return `\n${lines.join('\n')}\n`
}

/** How they came, with what makes it the same again. */
const arrivals = ({ process, seed }: { process: string; seed: number }): string =>
  `  Arrivals: ${process === 'poisson' ? 'by chance around the rate (a Poisson process)' : process}; --seed ${seed} for the same again.`

const MOST_SLOW = 3

function slowest({ slowestRoutes, slowestQueries }: WallReport): string[] {
  const routes = slowestRoutes.slice(0, MOST_SLOW).map(each => `  Slowest: ${each.route}, 95 of 100 under ${milliseconds(each.p95Ms)}`) // prettier-ignore
  const queries = slowestQueries.flatMap(({ source, queries: own }) => own.slice(0, MOST_SLOW).map(each => `  Took most of ${source}: ${each.query}, ${each.calls} times, ${milliseconds(each.meanMs)} each`)) // prettier-ignore
  return [...routes, ...queries]
}

function headline({ wall, noWallUpTo, slo }: WallReport): string {
  const kept = `under ${slo.errorShare * 100}% lost, p95 under ${slo.p95Ms} ms`
  if (wall !== null) return `The wall is at ${wall.ratePerSecond} arrivals a second (${kept}).`
  if (noWallUpTo !== null) return `No wall was found: ${noWallUpTo} arrivals a second held (${kept}).`
  return `No rate held (${kept}).`
}

export function loadText(result: LoadResult, miss: string | undefined, { bold, red }: Colours): string {
  const { planned, good, lost, latencyMs, apdex, status, seconds } = result
  const lines = [
    ...result.faults.map(fault => red(`The run is not valid: ${fault}.`)),
    bold(miss !== undefined ? `The site did not keep its promise: ${miss}.` : result.valid ? 'The site kept its promise.' : 'So it says nothing about the site.'),
    `  ${planned} views asked for in ${seconds.toFixed(1)} s, ${good} good, ${lost} lost; Apdex ${apdex.toFixed(2)}`,
    `  waited from the planned moment: p50 ${milliseconds(latencyMs.p50)}, p95 ${milliseconds(latencyMs.p95)}, p99 ${milliseconds(latencyMs.p99)}`,
    `  answers: ${Object.entries(status).filter(([, count]) => count > 0).map(([code, count]) => `${count} ${code}`).join(', ') || 'none'}`,
    ...Object.entries(result.lostBy).filter(([, count]) => count > 0).map(([why, count]) => red(`  lost by ${why}: ${count}`)),
    ...result.notes.map(note => `  seen: ${note}`),
    arrivals(result),
  ] // prettier-ignore
  return `\n${lines.join('\n')}\n`
}

const cell = (text: string, width: number): string => text.padStart(width)
const rateText = (rate: number): string => (rate < 100 ? rate.toFixed(1) : String(Math.round(rate)))
const percent = (share: number): string => `${Math.round(share * 100)}%`

function milliseconds(ms: number): string {
  if (ms >= LOST_AFTER_MS) return `> ${LOST_AFTER_MS / 1000} s`
  return ms >= 1000 ? `${(ms / 1000).toFixed(1)} s` : `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`
}
