// `breakwater mode`: shows the modes of a running Breakwater, puts a site into one, or tells a job by its exit code whether
// a site is in one.

import { Argument, Option } from 'commander'
import type { Command } from 'commander'
import { MODES } from '../config/modes.ts'
import type { Mode } from '../config/modes.ts'
import { command, withAdmin } from './admin-client.ts'
import type { AdminFlags } from './admin-client.ts'
import { CliError } from './cli-error.ts'

interface ModeFlags extends AdminFlags {
  site?: string
  for?: string
  is?: Mode
  at?: string
  json?: boolean
}

interface Row {
  name: string
  mode: Mode
  configured: Mode
  until: string | null
  automatic?: true
}

/** The site is in another mode than the job asked for; above it stand the codes for wrong usage and for no answer. */
const NOT_IN_IT = 1
/** A job that asks waits no longer for its answer. */
const ANSWER_WITHIN = 10_000

export function registerMode(program: Command): void {
  withAdmin(
    program
      .command('mode')
      .description('show the modes of the sites, put a site into one, or ask whether it is in one')
      .addArgument(new Argument('[mode]', 'the mode to go into').choices(MODES))
      .option('--site <name>', 'the site, where there are several')
      .option('--for <time>', 'how long it holds, as 2h or 30 min; without it until another command')
      .addOption(new Option('--is <mode>', 'change nothing: exit with 0 only if this is the mode').choices(MODES))
      .option('--at <url>', 'with --is: ask the site itself at this address, from any machine'),
  ).action((mode: Mode | undefined, flags: ModeFlags) => run(mode, flags))
}

async function run(mode: Mode | undefined, flags: ModeFlags): Promise<void> {
  if (flags.is !== undefined) {
    if (mode !== undefined) throw new CliError('Either put the site into a mode, or ask with --is; not both.')
    return ask(flags.is, flags)
  }
  if (flags.at !== undefined) throw new CliError('--at goes with --is alone: a mode is changed at the admin address.')
  if (mode === undefined && flags.for !== undefined)
    throw new CliError('Say which mode to go into, as in: mode spike --for 2h')
  const rows = mode === undefined ? await modesNow(flags) : await change(mode, flags)
  const shown = rows.filter(({ name }) => flags.site === undefined || name === flags.site)
  if (shown.length === 0) throw new CliError(`There is no site ${flags.site}.`)
  process.stdout.write(flags.json === true ? `${JSON.stringify({ sites: shown }, null, 2)}\n` : table(shown))
}

async function modesNow(flags: ModeFlags): Promise<Row[]> {
  return ((await command(flags, 'GET', '/api/mode')) as { sites: Row[] }).sites
}

async function change(mode: Mode, flags: ModeFlags): Promise<Row[]> {
  const { site, for: time } = flags
  const body = { mode, ...(site === undefined ? {} : { site }), ...(time === undefined ? {} : { for: time }) }
  const { sites, kept } = (await command(flags, 'POST', '/api/mode', body)) as { sites: Row[]; kept: boolean }
  if (!kept) process.stderr.write('It holds, but the data directory cannot be written: a restart would forget it.\n')
  return sites
}

/** Sets the exit code; throws where nobody answers, which ends with a code other than 0 too. */
async function ask(wanted: Mode, flags: ModeFlags): Promise<void> {
  const modes = flags.at === undefined ? await ofSites(flags) : [await ofAddress(flags.at)]
  const isIn = modes.every(mode => mode === wanted)
  if (flags.json === true) process.stdout.write(`${JSON.stringify({ is: isIn, modes }, null, 2)}\n`)
  else if (!isIn) process.stderr.write(`The mode is ${[...new Set(modes)].join(', ')}, not ${wanted}.\n`)
  if (!isIn) process.exitCode = NOT_IN_IT
}

/** Of the one that is named, or of all: a job for the whole machine runs only when none of them is in a spike. */
async function ofSites(flags: ModeFlags): Promise<Mode[]> {
  const rows = (await modesNow(flags)).filter(({ name }) => flags.site === undefined || name === flags.site)
  if (rows.length === 0) throw new CliError(`There is no site ${flags.site}.`)
  return rows.map(({ mode }) => mode)
}

async function ofAddress(at: string): Promise<string> {
  const url = URL.parse('/.breakwater/mode', at)
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new CliError(`${at} is no address, as https://www.example.org.`)
  let said: string
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_WITHIN), redirect: 'error' })
    said = answer.ok ? (await answer.text()).trim() : ''
  } catch {
    throw new CliError(`Nobody answers at ${url.href}.`)
  }
  if (MODES.some(mode => mode === said)) return said
  throw new CliError(`What answers at ${url.href} is no Breakwater of this site.`)
}

/** One site a line. */
function table(rows: Row[]): string {
  const width = Math.max(...rows.map(({ name }) => name.length))
  return rows.map(row => `${row.name.padEnd(width)}  ${row.mode.padEnd(6)}${remark(row)}\n`).join('')
}

function remark({ mode, configured, until, automatic }: Row): string {
  if (automatic === true) return '  until it is calm again: it was entered at the onset of a spike'
  if (until !== null) return `  until ${until}`
  return mode === configured ? '' : '  until another command'
}
