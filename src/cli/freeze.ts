// `breakwater freeze`: takes a snapshot of a site, tells what it covers, and chooses which snapshot answers while the site is frozen.

import { mkdirSync } from 'node:fs'
import { InvalidArgumentError } from 'commander'
import type { Command } from 'commander'
import type { Config } from '../config/types.ts'
import type { Coverage } from '../freeze/coverage.ts'
import { Walk } from '../freeze/walk.ts'
import { SnapshotWriter } from '../freeze/writer.ts'
import { compileHosts } from '../site/hosts.ts'
import { compileRules } from '../site/rules.ts'
import { currentIn, keepCurrent, nameOf, snapshotsOf } from '../snapshot/folder.ts'
import { dataOf } from './admin-client.ts'
import { CliError } from './cli-error.ts'
import { coloursFor } from './colours.ts'
import { choose, list, running, tell } from './freeze/choose.ts'
import type { ChoosingFlags } from './freeze/choose.ts'
import { coverageText } from './freeze/report.ts'
import { serveFrozen } from './freeze/serving.ts'
import { numberFrom } from './rehearse/flags.ts'
import { progressOn } from './walk-progress.ts'
import { configFor, pageArgument } from './page-argument.ts'

interface Flags extends ChoosingFlags {
  pages?: number
  rate?: number
  direct?: boolean
  keep?: boolean
  list?: boolean
  use?: string
  serve?: boolean
  listen?: string
}

const DEFAULT_PAGES = 2000
const DEFAULT_RATE = 10

export function registerFreeze(program: Command): void {
  program
    .command('freeze')
    .description('take a snapshot of a site, or choose which one answers while the site is frozen')
    .argument('[url]', 'the page to begin with; other hosts are not visited')
    .option('--pages <n>', `pages at most (default: ${DEFAULT_PAGES})`, numberFrom(1, 100_000))
    .option('--rate <n>', `requests per second at most (default: ${DEFAULT_RATE})`, numberFrom(0.1, 1000))
    .option('--direct', 'ask the host itself, not the Breakwater that runs here')
    .option('--keep', 'leave the snapshot that is in use in use')
    .option('--list', 'show the snapshots, and which is in use')
    .option('--use <version>', 'put another one into use: a version, latest, previous, or none')
    .option(
      '--serve',
      'freeze the site: answer it from its snapshot, in the Breakwater that runs here, or in one that this starts',
    )
    .option('-l, --listen <address>', 'with --serve: where visitors are served, if none runs here', listenText)
    .option('--site <name>', 'the site, where there are several')
    .option('--admin <address>', 'the admin address of the process')
    .option('--data <folder>', 'its data directory, where the snapshots are')
    .option('-c, --config <file>', 'its config file')
    .option('--json', 'print JSON')
    .action(async (url: string | undefined, flags: Flags) => {
      process.exitCode = await run(url, flags)
    })
}

const listenText = (text: string): string => {
  if (/^(?:.*:)?\d{1,5}$/.test(text)) return text
  throw new InvalidArgumentError('It is an address as 127.0.0.1:8080, or a port.')
}

function run(url: string | undefined, flags: Flags): Promise<number> {
  const asked = [flags.list, flags.use, flags.serve, url].filter(each => each !== undefined)
  if (asked.length === 0)
    throw new CliError('Say what to freeze, as in: freeze https://www.example.org; or --list, --use or --serve.')
  if (asked.length > 1) throw new CliError('A URL, --list, --use and --serve are four things: give one of them.')
  if (flags.list === true) return list(flags)
  if (flags.use !== undefined) return choose(flags, flags.use)
  return flags.serve === true ? serveFrozen(flags) : take(url!, flags)
}

/** The exit code: 0 where something was taken and nothing was cut off, else 1. */
async function take(address: string, flags: Flags): Promise<number> {
  const url = pageArgument(address)
  url.hash = ''
  const config = await configFor(url, flags.config)
  const here = await running(flags)
  const site = siteFor(url, flags, here?.sites ?? config.sites)
  const folder = snapshotsOf(await dataOf(flags), site)
  const version = Math.floor(Date.now() / 1000)
  mkdirSync(folder, { recursive: true })
  const writer = new SnapshotWriter(folder, version)
  const coverage = await walked(url, flags, writer, {
    through: flags.direct === true ? undefined : here?.at(url.protocol),
    isCollected: collecting(config, site, url.host),
  }).catch((error: unknown) => {
    writer.discard()
    throw error
  })
  if (coverage.pages + coverage.files === 0) {
    writer.discard()
    throw new CliError(`Nothing could be taken of ${url.href}: ${coverage.missing[0]?.why ?? 'it was stopped'}.`)
  }
  const report: Coverage = { ...coverage, version: nameOf(version) }
  writer.finish({ url: url.href, at: Date.now() }, report)
  const isUsed = flags.keep !== true && !coverage.stopped
  // In the process that runs, if one does: from one request to the next. Else for the next that starts.
  if (isUsed && here !== undefined) await tell({ ...flags, site }, nameOf(version))
  else if (isUsed) keepCurrent(folder, version)
  const colours = coloursFor(process.stdout)
  const inUse = nameOf(isUsed ? version : currentIn(folder))
  process.stdout.write(
    flags.json === true
      ? `${JSON.stringify({ ...report, site, inUse }, null, 2)}\n`
      : coverageText(report, inUse, colours),
  )
  return coverage.stopped ? 1 : 0
}

async function walked(
  url: URL,
  flags: Flags,
  writer: SnapshotWriter,
  more: { through: string | undefined; isCollected: (target: string) => boolean },
): Promise<Omit<Coverage, 'version'>> {
  const stop = new AbortController()
  const onSignal = (): void => stop.abort()
  process.once('SIGINT', onSignal)
  const { pages = DEFAULT_PAGES, rate = DEFAULT_RATE } = flags
  const tell = progressOn(flags.json === true)
  const walk = new Walk({ url: url.href, pages, rate, signal: stop.signal, tell, ...more }, writer)
  return walk.run().finally(() => process.off('SIGINT', onSignal))
}

function siteFor(url: URL, { site }: Flags, sites: readonly { name: string; hosts: readonly string[] }[]): string {
  const names = sites.map(({ name }) => name)
  if (site !== undefined && !names.includes(site))
    throw new CliError(`There is no site ${site}; there are: ${names.join(', ')}.`)
  const found = site ?? compileHosts(sites)(url.host)?.name
  if (found !== undefined) return found
  throw new CliError(`No site has the host ${url.host}; name the one that is meant with --site: ${names.join(', ')}.`)
}

/** By the rules as they are while the site is frozen. */
function collecting(config: Config, name: string, host: string): (target: string) => boolean {
  const site = config.sites.find(each => each.name === name)
  if (site === undefined) return () => false
  const rules = compileRules(site, 'frozen')
  return target => {
    const { collect } = rules.settingsFor({ method: 'POST', host, target, fields: [] })
    return collect !== null && !collect.onlyInOverload
  }
}
