// The storm's table, in a terminal and in docs/benchmarks.md.

import type { Outcome } from './judge.ts'

export interface Report {
  readonly machine: string
  readonly date: string
  /** Answers a second that the origin bears, and visitors a second who came. */
  readonly capacity: number
  readonly offered: number
  readonly seconds: number
  readonly straight: Outcome
  readonly shielded: Outcome
}

type Row = readonly [what: string, straight: string, shielded: string, goal: string]

function rows({ straight, shielded }: Report): Row[] {
  const both = (of: (outcome: Outcome) => string): [string, string] => [of(straight), of(shielded)]
  return [
    ['answers a second of the origin', ...both(({ throughput }) => throughput.toFixed(1)), ''],
    ['as a share of what it bears', ...both(({ share }) => percent(share)), '≥ 85%'],
    ['visitors who came', ...both(({ visitors }) => `${visitors}`), ''],
    ['visitors who got a place in the queue', '', `${shielded.waiting}`, ''],
    ['answers that visitors got', ...both(({ served }) => `${served}`), ''],
    ['requests without one: errors, 5xx, 10 s of silence', ...both(({ failed }) => `${failed}`), '0'],
    ['errors to those who waited', '', `${shielded.errors}`, '0'],
    ['order of calling with that of arrival, Kendall τ', '', shielded.kendall?.toFixed(5) ?? '', '≥ 0.999'],
    ['median error of the first estimate', '', optional(shielded.estimateError), '≤ 25%'],
    ['visitors who were called and knew an estimate', '', `${shielded.estimates}`, ''],
  ]
}

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`
const optional = (share: number | null): string => (share === null ? '' : percent(share))

const HEAD: Row = ['', 'straight', 'behind Breakwater', 'goal']

const title = ({ capacity, offered, seconds }: Report): string =>
  `An origin that bears ${capacity} answers a second, under ${offered} visitors a second for ${seconds} s, after five seconds of ordinary use.`

export function table(report: Report): string {
  const all = [HEAD, ...rows(report)]
  const widths = HEAD.map((_, i) => Math.max(...all.map(row => row[i]!.length)))
  const line = (row: Row): string =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd()
  return [title(report), '', ...all.map(line)].join('\n')
}

/** The block for docs/benchmarks.md. */
export function page(report: Report): string {
  const lines = rows(report).map(row => `| ${row.join(' | ')} |`)
  return [
    '## storm',
    `${title(report)} Its throughput falls with the number in line once that is above its two workers.`,
    `\`npm run bench:storm -- --write\` on ${report.date}: ${report.machine}.`,
    ['|  | straight | behind Breakwater | goal |', '| --- | ---: | ---: | ---: |', ...lines].join('\n'),
  ].join('\n\n')
}
