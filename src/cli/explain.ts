// `breakwater explain URL`: why a page is answered from the store or not, decision by decision, with what is responsible and
// what would change it. Asks the real origin; nothing is stored and nobody's visit is touched. With `--client`, why a client is slowed.

import { isIP } from 'node:net'
import type { Command } from 'commander'
import { Option } from 'commander'
import { BROWSER_HEADER } from '../audit/visit.ts'
import { MODES } from '../config/modes.ts'
import type { Mode } from '../config/modes.ts'
import type { Verdict } from '../explain/afterwards.ts'
import { Unexplained, explain } from '../explain/explain.ts'
import type { Explanation } from '../explain/explain.ts'
import { responsibleText } from '../explain/decision.ts'
import type { Decision } from '../explain/decision.ts'
import { without } from '../http/fields.ts'
import type { Fields } from '../http/fields.ts'
import { CliError } from './cli-error.ts'
import { type Colours, coloursFor } from './colours.ts'
import type { AdminFlags } from './admin-client.ts'
import { clientText, explainClient, isHindered } from './explain-client.ts'
import { differenceLines } from './differences.ts'
import { configFor, pageArgument } from './page-argument.ts'
import { printable, printableJson } from './printable.ts'

interface Flags extends AdminFlags {
  client?: string
  cookie?: string
  header?: string[]
  method: string
  mode?: Mode
  spike?: boolean
  json?: boolean
}

export function registerExplain(program: Command): void {
  program
    .command('explain')
    .description('tell why a page is answered from the store or not: every decision, what is behind it, and its mend')
    .argument('[url]', 'the page as a visitor would ask for it; with a config, its host says which site is meant')
    .option('-c, --config <file>', 'the config file; without it, one in the current folder, or none')
    .option('--cookie <value>', 'the Cookie field of the visitor')
    .option('--header <line...>', 'more of the visitor’s header, as "Accept-Language: de"')
    .option('--method <name>', 'the method; the origin is asked for GET and HEAD alone', 'GET')
    .addOption(new Option('--mode <mode>', 'as in this mode, instead of the one in the config').choices(MODES))
    .option('--spike', 'the same as --mode spike')
    .option(
      '--client <address>',
      'why the running shield slows this client, or keeps it out; beside a URL also whose request it is',
    )
    .option('--admin <address>', 'the admin address of the running shield, for --client')
    .option('--data <folder>', 'the data directory of the running shield, for --client')
    .option('--json', 'print JSON')
    .action(async (address: string | undefined, flags: Flags) => {
      process.exitCode = await run(address, flags)
    })
}

/** The exit code: 0 where the next visitor is answered without the origin, 1 where not; of a client alone 1 where it is hindered. */
async function run(address: string | undefined, flags: Flags): Promise<number> {
  const client = flags.client === undefined ? undefined : await clientKnown(flags.client, address, flags)
  if (address === undefined) {
    if (client === undefined) throw new CliError('What is to be explained? Name a URL, or a client with --client.')
    print(client, colours => clientText(client, colours), flags)
    return isHindered(client) ? 1 : 0
  }
  const explanation = await explained(address, flags)
  const whole = client === undefined ? explanation : { ...explanation, client }
  print(
    whole,
    colours => text(explanation, colours) + (client === undefined ? '' : `\n${clientText(client, colours)}`),
    flags,
  )
  return isAnsweredHere(explanation.verdict) ? 0 : 1
}

/** What the running shield knows of a client. Beside a URL there need be none: then the address alone is of use. */
async function clientKnown(client: string, address: string | undefined, flags: Flags) {
  try {
    return await explainClient(client, flags)
  } catch (error) {
    if (address === undefined || isIP(client) === 0 || !(error instanceof CliError)) throw error
    process.stderr.write(`Of the client nothing is known: ${error.message}\n`)
    return undefined
  }
}

/** From the store, or by a rule that stands in the origin's place. Who is refused is not answered. */
const isAnsweredHere = (verdict: Verdict | null): boolean =>
  verdict !== null && (verdict.stored || (verdict.answeredBy === 'breakwater' && verdict.status < 400))

function print(whole: object, inWords: (colours: Colours) => string, { json }: Flags): void {
  process.stdout.write(json === true ? `${printableJson(whole)}\n` : inWords(coloursFor(process.stdout)))
}

async function explained(address: string, flags: Flags): Promise<Explanation> {
  const url = pageArgument(address)
  url.hash = ''
  const config = await configFor(url, flags.config)
  const mode = flags.mode ?? (flags.spike === true ? 'spike' : undefined)
  const { client, method } = flags
  const question = { url, config, mode, method: method.toUpperCase(), address: client }
  return explain({ ...question, fields: visitorsFields(url.host, flags) }).catch((error: unknown) => {
    throw error instanceof Unexplained ? new CliError(error.message) : error
  })
}

function visitorsFields(host: string, { cookie, header = [] }: Flags): Fields {
  const given = header.flatMap(line => fieldOf(line))
  const names = new Set(given.filter((_, i) => i % 2 === 0).map(name => name.toLowerCase()))
  const own = without(BROWSER_HEADER, name => names.has(name))
  return ['Host', host, ...own, ...given, ...(cookie === undefined ? [] : ['Cookie', cookie])]
}

function fieldOf(line: string): [string, string] {
  const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*:\s*([\x20-\x7e]*)$/.exec(line) ?? []
  if (name === undefined) throw new CliError(`"${line}" is no header line; write it as "Accept-Language: de"`)
  return [name, value ?? '']
}

function text({ url, decisions, verdict, cacheStatus }: Explanation, colours: Colours): string {
  const { bold, dim } = colours
  const lines = [
    bold(printable(url)),
    ...decisions.flatMap(decision => decisionLines(decision, colours)),
    ...(verdict === null ? [] : ['', ...verdictLines(verdict, colours)]),
    ...(cacheStatus === null ? [] : [dim(`  Cache-Status: ${printable(cacheStatus)}`)]),
  ]
  return `${lines.join('\n')}\n`
}

function verdictLines(verdict: Verdict, { bold, dim, green, red }: Colours): string[] {
  const { stored, says, reason, because, mend } = verdict
  const colour = isAnsweredHere(verdict) ? green : red
  return [
    bold(colour(HEADLINES[verdict.answeredBy])),
    `  ${says} ${dim(`(${reason})`)}`,
    ...(because.length === 0 ? [] : [`  ${dim('Because of')} ${becauseText(because)}`]),
    ...(stored ? [`  ${times(verdict)}`] : []),
    ...(mend === null ? [] : [`  ${green('Mend:')} ${mend}`]),
  ]
}

const HEADLINES: Readonly<Record<Verdict['answeredBy'], string>> = {
  store: 'The next visitor is answered from the store.',
  origin: 'The next visitor goes to the origin.',
  breakwater: 'The origin is not asked, neither for this visitor nor for the next.',
}

const becauseText = (because: Verdict['because']): string => printable(because.map(responsibleText).join(', '))

const times = ({ freshSeconds, staleWhileRevalidateSeconds, staleIfErrorSeconds }: Verdict): string =>
  `Fresh for ${freshSeconds} s; after that ${staleWhileRevalidateSeconds} s while a new one is fetched, ${staleIfErrorSeconds} s while the origin fails.`

function decisionLines(decision: Decision, colours: Colours): string[] {
  const { room, says, reason, because = [], mend, differences = [] } = decision
  const { dim, green } = colours
  const code = reason === undefined ? '' : ` ${dim(`(${reason})`)}`
  return [
    `  ${room.padEnd(7)} ${printable(says)}${code}`,
    ...(because.length === 0 ? [] : [`          ${dim('because of')} ${becauseText(because)}`]),
    ...differenceLines(differences, colours).map(line => `        ${line}`),
    ...(mend === undefined ? [] : [`          ${green('mend:')} ${mend}`]),
  ]
}
