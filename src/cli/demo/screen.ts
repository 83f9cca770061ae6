// What the demo prints: a line a second with both sides beside each other, and the table at the end. Pure.
import type { Colours } from '../colours.ts'
import { LOST_AFTER_MS } from '../../rehearse/job.ts'
import type { SideResult, SideSecond } from '../storms/side.ts'

const number = new Intl.NumberFormat('en-GB')

/** Twelve characters of start, two sides of 31 and what stands between: 78, for a terminal of 80. */
const COLUMNS = ' good     p95  lost site/s  CPU'

/** Seconds. */
const SHORTEST = 0.5

export function heading(colours: Colours): string {
  const sides = `           │ ${'without the shield'.padEnd(COLUMNS.length)} │ with the shield`
  const legend = `  s  asked │${COLUMNS}  │${COLUMNS}`
  return `${colours.bold(sides)}\n${colours.dim(legend)}\n`
}

/** One second; a side that has ended is left empty. */
export function secondLine(
  without: SideSecond | undefined,
  shielded: SideSecond | undefined,
  colours: Colours,
): string {
  const either = (without ?? shielded)!
  const start = `${String(either.second).padStart(3)} ${String(either.planned).padStart(6)} │`
  return `${start}${sideText(without, colours)}  │${sideText(shielded, colours)}\n`
}

function sideText(side: SideSecond | undefined, { red, green }: Colours): string {
  if (side === undefined) return ' '.repeat(COLUMNS.length)
  const ended = side.good + side.lost
  const latency = ended === 0 ? '-' : milliseconds(side.latencyMs.p95)
  const slow = side.latencyMs.p95 > 1000 ? red : green
  const lost = String(side.lost).padStart(6)
  const good = String(side.good).padStart(5)
  // The site tells its CPU time five times a second: of the short piece at the end nothing can be said.
  const cpu = (side.seconds < SHORTEST ? '-' : `${Math.round(side.originCpu * 100)}%`).padStart(5)
  const paint = ended === 0 ? String : slow
  return `${good}${paint(latency.padStart(8))}${side.lost > 0 ? red(lost) : lost}${String(side.originRequests).padStart(7)}${cpu}`
}

/** The table at the end, and what makes it worthless if anything does. */
export function summary(without: SideResult, shielded: SideResult, colours: Colours): string {
  const rows: [what: string, cell: (side: SideResult) => string][] = [
    ['pages asked for', side => number.format(side.planned)],
    [
      `got their page within ${LOST_AFTER_MS / 1000} s`,
      side => `${number.format(side.good)} (${percent(side.good / side.planned)})`,
    ],
    ['lost', side => number.format(side.lost)],
    ['waited: half of them less than', side => milliseconds(side.latencyMs.p50)],
    ['waited: 95 of 100 less than', side => milliseconds(side.latencyMs.p95)],
    ['Apdex (at once: 0.5 s)', side => side.apdex.toFixed(2)],
    ['impatient reloads', side => number.format(side.reloads)],
    ['requests that reached the site', side => number.format(side.originRequests)],
    ["the site's CPU (one core)", side => percent(side.originCpu)],
    ['answers from the shield itself', side => (side.judged === 0 ? '-' : percent(side.hits / side.judged))],
  ]
  const head = colours.bold(line('', 'without', 'with'))
  const table = rows.map(([what, cell]) => line(what, cell(without), cell(shielded))).join('')
  return `\n${head}${table}${faultLines('without', without, colours)}${faultLines('with', shielded, colours)}`
}

const line = (what: string, one: string, other: string): string =>
  `  ${what.padEnd(36)}${one.padStart(15)}${other.padStart(15)}\n`

function faultLines(name: string, side: SideResult, { red }: Colours): string {
  return side.faults.map(fault => red(`\n  The run ${name} the shield is not valid: ${fault}.\n`)).join('')
}

const percent = (share: number): string =>
  Number.isFinite(share) ? `${(share * 100).toFixed(share < 0.9995 ? 1 : 0)}%` : '-'

function milliseconds(ms: number): string {
  if (ms >= LOST_AFTER_MS) return `> ${LOST_AFTER_MS / 1000} s`
  return ms >= 1000 ? `${(ms / 1000).toFixed(1)} s` : `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`
}
