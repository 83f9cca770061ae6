// `breakwater prove URL`: may strangers share one copy of this page in a spike? Fetches it twice as the shield would, and says
// what differs.
import type { Command } from 'commander'
import { provePage } from '../audit/prove.ts'
import type { ProofReport } from '../audit/prove.ts'
import { selectorFrom } from '../html/selector.ts'
import { CliError } from './cli-error.ts'
import { type Colours, coloursFor } from './colours.ts'
import { differenceLines } from './differences.ts'
import { pageArgument } from './page-argument.ts'
import { printable, printableJson } from './printable.ts'

interface Flags {
  cookie?: string
  token?: string[]
  omit?: string[]
  json?: boolean
}

export function registerProve(program: Command): void {
  program
    .command('prove')
    .description(
      'fetch a page as the shield does for strangers in a spike, twice, and tell whether they may share one copy',
    )
    .argument('<url>', 'the page, at the origin itself or at a shield that is in normal mode')
    .option('--cookie <value>', 'the Cookie field of somebody who is logged in, to see what the copy keeps from them')
    .option('--token <name...>', 'form fields that hold tokens, as `tokens` of a spike rule')
    .option('--omit <selector...>', 'parts left out of the copy, as `omit` of a spike rule')
    .option('--json', 'print JSON')
    .action(async (address: string, flags: Flags) => {
      process.exitCode = await run(address, flags)
    })
}

/** The exit code: 0 armed, 1 refused. */
async function run(address: string, flags: Flags): Promise<number> {
  const url = pageArgument(address)
  const omit = selectorFrom(flags.omit ?? [])
  if (typeof omit === 'string')
    throw new CliError(`${omit} is no selector that is understood; see docs/guides/spike.md`)
  const rule = { isToken: (name: string) => flags.token?.includes(name) === true, omit }
  url.hash = ''
  const report = await provePage(url.href, flags.cookie ?? '', rule).catch((error: unknown) => {
    throw new CliError(printable(error instanceof Error ? error.message : String(error)))
  })
  process.stdout.write(flags.json === true ? `${printableJson(report)}\n` : text(report, coloursFor(process.stdout)))
  return report.verdict === 'refused' ? 1 : 0
}

function text(report: ProofReport, colours: Colours): string {
  const { bold, red, green } = colours
  const { verdict, why, holes, learned, member, url } = report
  const lines = [
    `${printable(url)}: ${verdict === 'refused' ? red(verdict) : bold(green(verdict))}${why === undefined ? '' : `, ${printable(why)}`}`,
    ...holes.map(name => `  hole  ${printable(name)}${learned.includes(name) ? ' (it differed)' : ''}`),
    ...differenceLines(report.differences, colours),
    ...(member === undefined ? [] : memberLines(member, colours)),
  ]
  return `${lines.join('\n')}\n`
}

function memberLines({ differences }: NonNullable<ProofReport['member']>, colours: Colours): string[] {
  if (differences.length === 0) return ['', 'With the cookies it is the same page.']
  return [
    '',
    'With the cookies it is another page. By default the copy is for visitors without cookies; `seenBy: everyone` would hide:',
    ...differenceLines(differences, colours),
  ]
}
