// `breakwater audit URL`: walks a site politely and says what a cache could answer, what keeps it from that, and with which
// config to begin.
import { writeFileSync } from 'node:fs'
import type { Command } from 'commander'
import { audit } from '../audit/audit.ts'
import type { AuditReport } from '../audit/audit.ts'
import { auditPage } from '../audit/html.ts'
import { kib } from '../audit/findings.ts'
import type { Finding } from '../audit/findings.ts'
import { CliError } from './cli-error.ts'
import { type Colours, coloursFor } from './colours.ts'
import { progressOn } from './walk-progress.ts'
import { numberFrom } from './rehearse/flags.ts'
import { pageArgument } from './page-argument.ts'
import { printable, printableJson, printableLines } from './printable.ts'

interface Flags {
  pages?: number
  rate?: number
  cookie?: string
  html?: string
  config?: string
  json?: boolean
}

const DEFAULT_PAGES = 50
const DEFAULT_RATE = 5

export function registerAudit(program: Command): void {
  program
    .command('audit')
    .description('walk a site and tell what a cache could answer, what keeps it from that, and what would mend it')
    .argument('<url>', 'the page to begin with; other hosts are not visited')
    .option('--pages <n>', `pages at most (default: ${DEFAULT_PAGES})`, numberFrom(1, 2000))
    .option('--rate <n>', `requests per second at most (default: ${DEFAULT_RATE})`, numberFrom(0.1, 100))
    .option('--cookie <value>', 'the Cookie field of somebody who is logged in, to find pages that are not everyone’s')
    .option('--html <file>', 'write the report as a page, too')
    .option('--config <file>', 'write the config to begin with there')
    .option('--json', 'print JSON')
    .action(async (address: string, flags: Flags) => {
      process.exitCode = await run(address, flags)
    })
}

async function run(address: string, flags: Flags): Promise<number> {
  const url = pageArgument(address)
  const stop = new AbortController()
  const onSignal = (): void => stop.abort()
  process.once('SIGINT', onSignal)
  const progress = progressOn(flags.json === true)
  const report = await audit({
    ...{
      url: url.href,
      pages: flags.pages ?? DEFAULT_PAGES,
      rate: flags.rate ?? DEFAULT_RATE,
      cookie: flags.cookie ?? '',
    },
    ...{ signal: stop.signal, tell: progress },
  }).finally(() => process.off('SIGINT', onSignal))
  const [page] = report.pages
  if (page === undefined || page.status === 0)
    throw new CliError(`${url.href} does not answer: ${printable(page?.error ?? 'stopped')}`)
  if (flags.html !== undefined) writeFileSync(flags.html, auditPage(report))
  if (flags.config !== undefined) writeFileSync(flags.config, report.config)
  process.stdout.write(flags.json === true ? `${printableJson(report)}\n` : text(report, coloursFor(process.stdout)))
  return report.findings.some(finding => finding.kind === 'leak') ? 1 : 0
}

function text(report: AuditReport, colours: Colours): string {
  const { bold, dim } = colours
  const lines = [
    bold(`${printable(report.url)}: ${report.visited} pages and ${report.files} files seen, ${kib(report.bytes)}`),
    ...(report.leftOut === 0 ? [] : [dim(`${report.leftOut} more were left out: --pages`)]),
    '',
    `  Pages a cache would answer for strangers              ${percent(report.storedForStrangers)}`,
    `  … for visitors who come back with the site’s cookies   ${percent(report.storedForReturning)}`,
    `  … once harmless cookies are named in a rule            ${percent(report.storedWithRules)}`,
    `  Files that may be kept                                ${percent(report.storedFiles)}`,
    ...report.findings.flatMap(finding => ['', ...findingLines(finding, colours)]),
    '',
    bold('A config to begin with:'),
    '',
    printableLines(report.config.trimEnd()),
  ]
  return `${lines.join('\n')}\n`
}

function findingLines(
  { kind, title, detail, mend, count, where }: Finding,
  { bold, red, dim, green }: Colours,
): string[] {
  const head = `${bold(printable(title))} (${count})`
  return [
    kind === 'leak' ? red(head) : head,
    `  ${printable(detail)}`,
    `  ${green('Mend:')} ${printable(mend)}`,
    ...where.map(url => dim(`    ${printable(url)}`)),
    ...(count > where.length ? [dim(`    and ${count - where.length} more`)] : []),
  ]
}

const percent = (share: number): string => `${Math.round(share * 100)}%`.padStart(5)
