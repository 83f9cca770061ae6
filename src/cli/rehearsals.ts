// `breakwater rehearsals`: those that were kept, whether they still hold for what they were true of, and how two compare.
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { compareRuns, LEAST_SECONDS, type Comparison } from '../rehearse/kept/compare.ts'
import { inShort, type Kept, namesIn, readKept } from '../rehearse/kept/kept.ts'
import { changesSince } from '../rehearse/kept/stale.ts'
import { CliError } from './cli-error.ts'
import { DEFAULT_DATA } from './rehearse/defaults.ts'
import { today, todayText } from './rehearsals/today.ts'

interface Flags {
  config?: string
  data?: string
  json?: boolean
}

/** The same two runs always give the same interval. */
const SEED = 1

export function registerRehearsals(program: Command): void {
  const group = program.command('rehearsals').description('what earlier rehearsals found, and how two of them compare')
  group
    .command('list', { isDefault: true })
    .description('those that were kept, the latest last')
    .option('--data <folder>', 'the data directory they were kept in')
    .option('--json', 'print JSON')
    .action((flags: Flags) => list(flags))
  group
    .command('compare')
    .description('whether the second is better or worse than the first, or not told apart')
    .argument('<first>', 'its name, or "latest" or "previous"')
    .argument('<second>', 'the same')
    .option('--data <folder>', 'the data directory they were kept in')
    .option('--json', 'print JSON')
    .action((first: string, second: string, flags: Flags) => {
      process.exitCode = compare(first, second, flags)
    })
  group
    .command('today')
    .description(
      'one line for cron: whether the set-up as it stands bears the biggest spike ever seen; exit 1 when not',
    )
    .option('-c, --config <file>', 'the config file that the rehearsal was told of, to see whether it has changed')
    .option('--data <folder>', 'the data directory they were kept in')
    .option('--json', 'print JSON')
    .action(async (flags: Flags) => {
      const found = await today(folderOf(flags), flags.config, Date.now() / 1000)
      process.stdout.write(flags.json === true ? `${JSON.stringify(found)}\n` : todayText(found))
      process.exitCode = found.verdict === 'bears it' ? 0 : 1
    })
}

function list(flags: Flags): void {
  const data = folderOf(flags)
  const kept = namesIn(data).flatMap(name => readKept(data, name) ?? [])
  if (flags.json === true) return void process.stdout.write(`${JSON.stringify(kept.map(told), null, 2)}\n`)
  if (kept.length === 0) return void process.stdout.write(`No rehearsal is kept in ${data}.\n`)
  for (const each of kept) process.stdout.write(`${each.name}  ${each.target}  ${inShort(each)}\n`)
}

/** Without its seconds. */
const told = ({ seconds, ...rest }: Kept): object => ({ ...rest, seconds: seconds.length })

function compare(first: string, second: string, flags: Flags): number {
  const data = folderOf(flags)
  const [one, other] = [find(data, first), find(data, second)]
  const comparison = compareRuns(one.seconds, other.seconds, SEED)
  if (comparison === undefined) {
    throw new CliError(`One of them is too short: each needs ${LEAST_SECONDS} s after the first five.`)
  }
  const changes = changesSince(one.fingerprint, other.fingerprint)
  const asked = one.question === other.question && one.target === other.target
  const text = comparisonText(comparison, asked, changes)
  process.stdout.write(
    flags.json === true ? `${JSON.stringify({ ...comparison, sameQuestion: asked, changes })}\n` : text,
  )
  return comparison.verdict === 'worse' ? 1 : 0
}

const percent = (ratio: number): string => `${((ratio - 1) * 100).toFixed(1)}%`

function comparisonText(
  { verdict, ratio, interval, lost }: Comparison,
  sameQuestion: boolean,
  changes: string[],
): string {
  const lines = [
    ...(sameQuestion ? [] : ['They were asked different things: a difference may be the crowd’s.']),
    verdict === 'not told apart' ? 'They are not told apart.' : `The second is ${verdict}.`,
    `  Visitors waited ${percent(ratio)} longer (${percent(interval[0])} to ${percent(interval[1])}); lost ${(lost[0] * 100).toFixed(2)}% and ${(lost[1] * 100).toFixed(2)}%.`,
    ...changes.map(each => `  Between them ${each}.`),
  ]
  return `${lines.join('\n')}\n`
}

function find(data: string, wish: string): Kept {
  const names = namesIn(data)
  const name = wish === 'latest' ? names.at(-1) : wish === 'previous' ? names.at(-2) : wish
  const kept = name === undefined ? undefined : readKept(data, name)
  if (kept === undefined)
    throw new CliError(`No rehearsal ${wish} is kept in ${data}: breakwater rehearsals lists them.`)
  return kept
}

const folderOf = ({ data }: Flags): string => resolve(data ?? DEFAULT_DATA)
