// The report in docs/benchmarks.md: a block a case between two marks, replaced as a whole by the next run of that case.

import { goalLines, problemLines, tableOf } from './report.ts'
import type { Report } from './report.ts'
import type { CaseReport } from './run.ts'

/** The page with the blocks of the report's cases replaced; a case that has none yet gets one at the end. */
export function withReport(page: string, report: Report): string {
  return report.cases.reduce((text, each) => withBlock(text, each.name, block(each, report)), page)
}

/** The page with the block of this name replaced by `text`. */
export function withBlock(page: string, name: string, text: string): string {
  const [begin, end] = [`<!-- bench ${name}: begin -->`, `<!-- bench ${name}: end -->`]
  const marked = `${begin}\n<!-- prettier-ignore-start -->\n\n${text}\n\n<!-- prettier-ignore-end -->\n${end}`
  const [from, to] = [page.indexOf(begin), page.indexOf(end)]
  if (from < 0 || to < from) return `${page.trimEnd()}\n\n${marked}\n`
  return page.slice(0, from) + marked + page.slice(to + end.length)
}

function block(report: CaseReport, { machine, date, command }: Report): string {
  const variants = report.variants.flatMap(variant => [
    `### ${report.name}, ${variant.name}`,
    table(tableOf(variant, report.metrics)),
    [
      `${report.rounds} rounds of \`${variant.load}\`; median (least-greatest).`,
      ...goalLines(variant, report.metrics).map(({ text }) => `- ${text}`),
      ...problemLines(variant).map(line => `- does not count: ${line}`),
    ].join('\n'),
  ])
  return [`## ${report.name}`, report.title, `\`${command}\` on ${date}: ${machine}.`, ...variants].join('\n\n')
}

function table([header, ...rows]: readonly (readonly string[])[]): string {
  return [line(header!), line(header!.map((_, column) => (column === 0 ? '---' : '---:'))), ...rows.map(line)].join(
    '\n',
  )
}

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
