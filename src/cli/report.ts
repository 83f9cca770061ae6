// `breakwater report`: the story of a span from the history in the data directory, in the terminal and as a page. Whether the process
// runs does not matter.

import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { InvalidArgumentError } from 'commander'
import type { Command } from 'commander'
import { duration } from '../charts/numbers.ts'
import { dateAndTime, dayOf, timeOfDay } from '../charts/ticks.ts'
import { Refusal } from '../config/kind.ts'
import { duration as durationKind } from '../config/kinds/unit.ts'
import { surroundingsIn } from '../config/surroundings.ts'
import type { Kept } from '../rehearse/kept/kept.ts'
import { namesIn, readKept } from '../rehearse/kept/kept.ts'
import { HISTORY_FILE, readHistory } from '../watch/archive-reader.ts'
import { reportPage } from '../watch/report/page.ts'
import { sentences } from '../watch/report/sentences.ts'
import { storyOf } from '../watch/report/story.ts'
import type { Story } from '../watch/report/story.ts'
import type { PastRun } from '../plan/past-runs.ts'
import { dataOf } from './admin-client.ts'
import { CliError } from './cli-error.ts'
import { coloursFor } from './colours.ts'
import { againstForecast, costOf, runOf, spanOfRun } from './report/event.ts'
import type { CostFlags } from './report/event.ts'

interface ReportFlags extends CostFlags {
  event?: string
  from?: number
  to?: number
  last?: number
  html?: string
  title?: string
  data?: string
  config?: string
  json?: boolean
}

/** Seconds, where nothing else is said. */
const DAY = 86_400
const LAST = durationKind('10s', '90d')

export function registerReport(program: Command): void {
  program
    .command('report')
    .description('tell what happened in a span, from the history: as text, and as a page with charts')
    .option(
      '--from <moment>',
      'its beginning, such as 2026-12-24T19:00Z; without a zone it is this machine’s',
      momentFrom,
    ) // prettier-ignore
    .option('--to <moment>', 'its end (default: now)', momentFrom)
    .option('--last <time>', 'so long until its end, as 2h or 30 min (default: a day)', lastFrom)
    .option('--event <name>', 'the last time that this planned event took place, with a quarter of an hour around it')
    .option('--price <amount>', 'of an instance for an hour, to tell what it cost', amountFrom)
    .option('--instances <number>', 'that served it (default: 1)', amountFrom)
    .option('--traffic <amount>', 'price of a gigabyte that the origin sends, to tell what was saved', amountFrom)
    .option('--html <file>', 'write the page with charts into this file')
    .option('--title <text>', 'its heading')
    .option('--data <folder>', 'the data directory, where the history is')
    .option('-c, --config <file>', 'the config file, which names the data directory')
    .option('--json', 'print the figures as JSON')
    .action(report)
}

async function report(flags: ReportFlags): Promise<void> {
  const now = Date.now() / 1000
  const data = resolve(await dataOf(flags))
  const run = flags.event === undefined ? undefined : runOf(data, flags.event)
  const { from, to } = run === undefined ? spanOf(flags, now) : spanOfRun(withoutSpan(run, flags), now)
  const found = read(data, from, to, now)
  const story = storyOf(from, to, found.span, found.alerts)
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
  const more = [
    ...(run === undefined ? [] : againstForecast(run, story)),
    ...comparison(story, data),
    ...costOf(story, flags),
  ]
  if (flags.html !== undefined) write(flags.html, reportPage(story, found.span.rows, { title: flags.title ?? `${run === undefined ? 'Report' : run.event.name} of ${dayOf(from, zone)}`, zone, more })) // prettier-ignore
  process.stdout.write(flags.json === true ? `${JSON.stringify({ ...story, event: run?.event.name ?? null, sentences: more }, null, 2)}\n` : text(story, zone, more, flags.html)) // prettier-ignore
}

/** An event says itself when it was. */
function withoutSpan(run: PastRun, { from, to, last }: ReportFlags): PastRun {
  if (from === undefined && to === undefined && last === undefined) return run
  throw new CliError('Give --event, or --from, --to and --last, not both.')
}

function spanOf({ from, to, last }: ReportFlags, now: number): { from: number; to: number } {
  if (from !== undefined && last !== undefined) throw new CliError('Give --from or --last, not both.')
  const end = Math.min(to ?? now, now)
  const span = { from: from ?? end - (last ?? DAY), to: end }
  if (span.from < span.to) return span
  throw new CliError(`Nothing lies between ${new Date(span.from * 1000).toISOString()} and ${new Date(span.to * 1000).toISOString()}: --from has to be before --to and before now.`) // prettier-ignore
}

function read(data: string, from: number, to: number, now: number) {
  try {
    const found = readHistory(data, reader => ({ span: reader.span(from, to, now), alerts: reader.alerts(from, to) }))
    if (found !== undefined) return found
  } catch (error) {
    throw new CliError(`The history in ${join(data, HISTORY_FILE)} cannot be read: ${String(error)}`)
  }
  throw new CliError(`There is no history in ${data}. Name the data directory of the process with --data, or its config with --config.`) // prettier-ignore
}

/** What the latest rehearsal before it had found, beside what came. */
function comparison({ from, requestsPeak }: Story, data: string): string[] {
  const before = new Date(from * 1000).toISOString().replaceAll(/[:.]/g, '-')
  const names = namesIn(data).filter(name => name < before).toReversed() // prettier-ignore
  const rate = names.map(name => heldIn(readKept(data, name))).find(held => held !== undefined)
  if (rate === undefined || requestsPeak === null) return []
  const part = Math.round((requestsPeak.value / rate.perSecond) * 100)
  return [
    `The rehearsal ${rate.name} had found that ${rate.target} bears ${rate.perSecond} arrivals a second; the busiest second here had ${part}% of that in requests.`,
  ]
}

function heldIn(kept: Kept | undefined): { name: string; target: string; perSecond: number } | undefined {
  const perSecond = kept?.wall?.valid === true ? (kept.wall.wall?.ratePerSecond ?? kept.wall.noWallUpTo) : null
  return kept === undefined || perSecond === null ? undefined : { name: kept.name, target: kept.target, perSecond }
}

function write(file: string, html: string): void {
  try {
    writeFileSync(file, html)
  } catch (error) {
    throw new CliError(`${file} cannot be written: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function text(story: Story, zone: string, more: string[], file: string | undefined): string {
  const { bold, red, dim } = coloursFor(process.stdout)
  const alerts = story.alerts.map(({ name, severity, since, until, text: said }) => {
    const line = `  ${dateAndTime(since / 1000, zone)} to ${until === null ? 'now' : timeOfDay(until / 1000, zone)}  ${name}: ${said}`
    return severity === 'page' ? red(line) : line
  })
  const head = `${dateAndTime(story.from, zone)} to ${dateAndTime(story.to, zone)} (${duration(story.to - story.from)})`
  const page = file === undefined ? 'With --html FILE: a page with charts.' : `${file} is written.`
  const lines = [bold(head), ...sentences(story, zone).map(line => `  ${line}`), ...more.map(line => `  ${line}`)]
  return `${[...lines, ...(alerts.length === 0 ? [] : ['', bold('Alerts'), ...alerts]), '', dim(page)].join('\n')}\n`
}

function amountFrom(given: string): number {
  const amount = Number(given)
  if (given.trim() === '' || !(amount >= 0)) throw new InvalidArgumentError('Write a number such as 0.40.')
  return amount
}

/** Seconds since the epoch. */
function momentFrom(given: string): number {
  const at = Date.parse(given)
  if (Number.isNaN(at)) throw new InvalidArgumentError('Write it as 2026-12-24T19:00Z, or 2026-12-24T20:00+01:00.')
  return at / 1000
}

/** Seconds. */
function lastFrom(given: string): number {
  const read = LAST.read(
    given,
    surroundingsIn('.', () => {}),
  )
  if (read instanceof Refusal) throw new InvalidArgumentError(`${read.message}; expected ${LAST.expected}.`)
  return read / 1000
}
