// `breakwater serve`: the shield in front of a site.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { coloursFor } from './colours.ts'
import { systemClock } from '../base/clock.ts'
import type { ConfigError } from '../config/errors.ts'
import type { CommandLine } from '../config/flags.ts'
import { DEFAULT_FILES, loadConfig } from '../config/load.ts'
import type { Loaded, LoadedConfig } from '../config/load.ts'
import { ConfigWatcher } from '../config/watch.ts'
import type { Config } from '../config/types.ts'
import { activatedSockets } from '../supervisor/activation.ts'
import { predecessorOf } from '../supervisor/predecessor.ts'
import type { Predecessor } from '../supervisor/predecessor.ts'
import type { Loading } from '../supervisor/reload.ts'
import type { Role } from '../supervisor/roles.ts'
import { obeySignals } from '../supervisor/signals.ts'
import type { Signalled } from '../supervisor/signals.ts'
import { StartError } from '../supervisor/start-error.ts'
import { BEGIN_ANEW } from '../supervisor/succession.ts'
import type { Heritage } from '../supervisor/succession.ts'
import { Supervisor } from '../supervisor/supervisor.ts'
import type { LogEntry } from '../threads/log.ts'
import { keepCompiled } from '../supervisor/compile-cache.ts'
import { Sampler } from '../watch/sampler.ts'
import { CliError } from './cli-error.ts'
import { thisProgram } from './itself.ts'
import { runDemo } from './demo.ts'
import { undoWhatIsDue } from './event/undo.ts'
import { describeErrors } from './excerpt.ts'
import { originArgument } from './origin-argument.ts'
import { logReporter, terminalReporter } from './reporter.ts'
import type { Reporter } from './reporter.ts'
import { version } from './version.ts'

interface ServeFlags {
  config?: string
  listen?: string[]
  admin?: string
  edges?: string
  data?: string
}

/** The process could not start: a port is taken, a thread cannot run. */
const START_FAILED = 1

export function registerServe(program: Command): void {
  program
    .command('serve')
    .description('put the shield in front of a site')
    .argument('[origin...]', 'where the site is: https://example.org or localhost:3000; several are one site, balanced')
    .option('-c, --config <file>', `the config file; without it, one in the current folder (${DEFAULT_FILES[0]}, …)`)
    .option(
      '-l, --listen <address>',
      'where visitors are served, once for each address (default: 0.0.0.0:8080)',
      several,
    )
    .option('--admin <address>', 'where the dashboard and commands are served (default: 127.0.0.1:9900)')
    .option('--edges <number>', 'edge threads, which move all bytes (default: one for each CPU)')
    .option('--data <folder>', 'the data directory (default: ./.breakwater)')
    .action(async (origins: string[], flags: ServeFlags) => {
      process.exitCode = await serve(origins, flags)
    })
}

/** An option that may be given again. */
const several = (value: string, before: string[] = []): string[] => [...before, value]

/** Serves until the process is told to end; resolves with its exit code. Rejects with CliError. `roles` is for tests. */
export async function serve(origins: string[], flags: ServeFlags, roles?: Role[]): Promise<number> {
  if (origins.length === 0 && Object.keys(flags).length === 0 && !hasConfigHere()) {
    await runDemo()
    return 0
  }
  const typed = origins.map(originArgument)
  const reporter = reporterFor(process.stdout)
  for (const { assumed } of typed) if (assumed !== null) process.stderr.write(`${assumed}\n`)
  const { config: file, ...rest } = flags
  const commandLine: CommandLine = { origins: typed.map(each => each.url), ...rest }
  const load = () => loadConfig({ file, commandLine })
  const predecessor = predecessorOf(process.env)
  const serving = async (): Promise<number> => {
    const loaded = await load()
    // A successor's predecessor goes on, and undoes it itself.
    if (!loaded.ok && predecessor === undefined) await undoWhatIsDue(flags)
    return run(loadedOrThrow(loaded), load, reporter, roles, { ...heritage(), predecessor })
  }
  return predecessor === undefined ? serving() : asSuccessor(predecessor, serving)
}

const heritage = (): Heritage => {
  try {
    return { program: thisProgram(), sockets: activatedSockets(process.env) }
  } catch (error) {
    throw error instanceof StartError ? new CliError(error.message, START_FAILED) : error
  }
}

/** The whole process, once its config is there. */
async function run(
  loaded: LoadedConfig,
  load: () => Promise<Loaded>,
  reporter: Reporter,
  roles: Role[] | undefined,
  from: Heritage,
): Promise<number> {
  keepCompiled(loaded.config.data)
  let supervisor: Supervisor
  // A change of a file is applied when it is seen; signals and the API get the result themselves.
  const onLoaded = (next: Loaded, why: string) => (why === 'file' ? void supervisor.apply(loadingOf(next)) : undefined)
  const watcher = new ConfigWatcher({ load, files: loaded.files, onLoaded })
  const begin = (config: Config, inherited: Heritage): Supervisor =>
    new Supervisor({
      ...{ config, version, say: (entry: LogEntry) => reporter.entry(entry) },
      source: { load: async () => loadingOf(await watcher.reload('api')) },
      ...inherited,
      ...(roles === undefined ? {} : { roles }),
    })
  supervisor = begin(loaded.config, from)
  const now: Signalled = {
    drain: () => supervisor.drain(),
    reload: () => supervisor.reload(),
  }
  obeySignals(process, now, code => process.exit(code), systemClock)
  surviveOutput(process.stdout, now)
  try {
    for (;;) {
      const code = await serveUntilItEnds(supervisor, reporter)
      if (code !== BEGIN_ANEW) return code
      supervisor = begin(supervisor.config, { ...from, predecessor: undefined, sockets: [] })
    }
  } catch (error) {
    throw error instanceof StartError ? new CliError(error.message, START_FAILED) : error
  } finally {
    watcher.close()
  }
}

async function serveUntilItEnds(supervisor: Supervisor, reporter: Reporter): Promise<number> {
  await supervisor.start()
  reporter.serving(supervisor.state, supervisor.admin, supervisor.config)
  const seconds = everySecond(supervisor, reporter)
  const code = await supervisor.ended
  clearInterval(seconds)
  return code
}

/** A successor that cannot start says why to the process that started it. */
async function asSuccessor(predecessor: Predecessor, serving: () => Promise<number>): Promise<number> {
  try {
    return await serving()
  } catch (error) {
    predecessor.fail(error instanceof Error ? error.message : String(error))
    throw error
  }
}

/** Where a log collector goes away, serving goes on. Where the terminal was closed, nobody is there who wants it to. */
function surviveOutput(stdout: NodeJS.WriteStream, supervisor: Signalled): void {
  const isTerminal = stdout.isTTY
  stdout.on('error', () => (isTerminal ? void supervisor.drain() : undefined))
}

function everySecond({ board }: Supervisor, reporter: Reporter): NodeJS.Timeout {
  const sampler = new Sampler(board, systemClock)
  sampler.sample()
  return setInterval(() => {
    sampler.sample()
    reporter.second(sampler)
  }, 1000)
}

function reporterFor(stdout: NodeJS.WriteStream): Reporter {
  const write = (text: string) => void stdout.write(text)
  return stdout.isTTY
    ? terminalReporter(write, systemClock, coloursFor(process.stdout))
    : logReporter(write, systemClock)
}

function loadedOrThrow(loaded: Loaded): LoadedConfig {
  const colours = coloursFor(process.stderr)
  if (!loaded.ok) throw new CliError(describeErrors(loaded.errors, loaded.text, colours))
  if (loaded.warnings.length > 0) process.stderr.write(`${describeErrors(loaded.warnings, loaded.text, colours)}\n\n`)
  return loaded
}

const loadingOf = (loaded: Loaded): Loading =>
  loaded.ok ? { config: loaded.config } : { errors: loaded.errors.map(errorLine) }

/** One line an error, for logs and the API. */
function errorLine({ file, line, column, path, message }: ConfigError): string {
  const place = [file, ...(line === undefined ? [] : [line, column ?? 1])].join(':')
  return `${place}: ${path === '' ? '' : `${path}: `}${message}`
}

const hasConfigHere = (): boolean => DEFAULT_FILES.some(name => existsSync(join(process.cwd(), name)))
