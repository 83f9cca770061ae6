// The whole report, and how it looks in a terminal: a table a variant, with ratios and whether goals were met.

import pc from 'picocolors'
import type { Colors } from 'picocolors/types.js'
import type { CaseReport, VariantReport } from './run.ts'
import type { Comparison, Spread } from './rounds.ts'
import type { Metric } from './cases/case.ts'

export interface Report {
  readonly date: string
  readonly machine: string
  readonly command: string
  readonly cases: readonly CaseReport[]
}

/** The report as text for a terminal of any width; coloured when `colours` says so. */
export function terminalText(report: Report, colours: boolean): string {
  const paint = pc.createColors(colours)
  const cases = report.cases.map(each => caseText(each, paint))
  return `${[`${report.machine}; ${report.date}`, ...cases].join('\n\n')}\n`
}

/** Rows of a variant: a server each with the figures of all metrics, then Breakwater's ratio to it. */
export function tableOf(variant: VariantReport, metrics: readonly Metric[]): string[][] {
  const compared = metrics.filter(metric =>
    variant.comparisons.some(each => each.metric === metric.key && each.against),
  )
  const header = [
    'server',
    ...metrics.map(metric => metric.label),
    ...compared.map(m => `Breakwater's ${m.label} against it`),
  ]
  const rows = variant.results.map(({ server, metrics: figures, validRounds }) => [
    server,
    ...metrics.map(({ key, digits }) => (validRounds === 0 ? '-' : spreadText(figures[key], digits))),
    ...compared.map(({ key }) =>
      ratioText(variant.comparisons.find(each => each.metric === key && each.against === server)),
    ),
  ])
  return [header, ...rows]
}

/** The goals a variant is held to, a sentence each. */
export function goalLines(variant: VariantReport, metrics: readonly Metric[]): { text: string; met: boolean }[] {
  return variant.comparisons.flatMap(({ metric, against, value, within, goal }) => {
    if (goal === undefined) return []
    const label = metrics.find(each => each.key === metric)?.label ?? metric
    const stretch = goal.stretch === undefined ? '' : `, stretch ${goal.stretch}`
    const text = `${label}${against === null ? '' : ` against ${against}`}: ${value.median.toFixed(within === undefined ? 2 : 3)}${within === undefined ? '' : ` (95% interval ${within.low.toFixed(3)} to ${within.high.toFixed(3)})`}, goal ${goal.atMost}${stretch}: ${goal.verdict}`
    return [{ text, met: goal.verdict !== 'missed' }]
  })
}

/** What went wrong in a variant, a line each. */
export function problemLines(variant: VariantReport): string[] {
  return variant.results.flatMap(({ server, problems }) => problems.map(problem => `${server}, ${problem}`))
}

function caseText(report: CaseReport, paint: Colors): string {
  const variants = report.variants.map(variant =>
    [
      paint.bold(`${report.name} · ${variant.name}`) + paint.dim(`   ${report.rounds} x ${variant.load}`),
      ...aligned(tableOf(variant, report.metrics)),
      ...goalLines(variant, report.metrics).map(({ text, met }) => (met ? paint.green(text) : paint.red(text))),
      ...problemLines(variant).map(line => paint.yellow(`does not count: ${line}`)),
    ].join('\n'),
  )
  return [paint.dim(report.title), ...variants].join('\n\n')
}

/** `-` where no round told the figure. */
function spreadText(spread: Spread | undefined, digits: number): string {
  if (spread === undefined) return '-'
  const { median, min, max } = spread
  return `${median.toFixed(digits)} (${min.toFixed(digits)}-${max.toFixed(digits)})`
}

function ratioText(comparison: Comparison | undefined): string {
  if (comparison === undefined) return ''
  const { value, goal } = comparison
  return `${value.median.toFixed(2)}x (${value.min.toFixed(2)}-${value.max.toFixed(2)})${goal === undefined ? '' : ` ${goal.verdict}`}`
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map(row => row[column]!.length)))
  return rows.map(row =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('   ')
      .trimEnd(),
  )
}
