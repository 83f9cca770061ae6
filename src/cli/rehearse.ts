// `breakwater rehearse`: sends a crowd at a site that agrees and says how it held, or looks for its wall and what broke
// first. Ends by itself, at Ctrl-C with what was seen until then.
import type { Command } from 'commander'
import { coloursFor, noColours } from './colours.ts'
import { freshSeed } from '../base/random.ts'
import { loadConfig } from '../config/load.ts'
import { SiteGauges } from '../rehearse/gauges/gauges.ts'
import type { Journey } from '../rehearse/journey/journey.ts'
import { loadJourney } from '../rehearse/journey/load.ts'
import { runLoad } from '../rehearse/load.ts'
import type { LoadOptions } from '../rehearse/options.ts'
import { type Consent, targetOf } from '../rehearse/target.ts'
import type { Plan } from '../rehearse/wall/level.ts'
import { wallReport } from '../rehearse/wall/report.ts'
import { DEFAULT_SLO, HOLD_SECONDS, missOf, type Slo } from '../rehearse/wall/slo.ts'
import { findWall } from '../rehearse/wall/wall.ts'
import type { Second } from '../rehearse/watch.ts'
import { CliError } from './cli-error.ts'
import { describeErrors } from './excerpt.ts'
import { addTo, numberFrom, pathFrom, type RehearseFlags, SHAPE_USAGE, shapeFrom, shareFrom } from './rehearse/flags.ts'
import { rehearseScenario } from './rehearse/scenario.ts'
import { HEADING, levelLine, loadText, secondLine, wallText } from './rehearse/screen.ts'
import { STORMS } from './storms/storms.ts'

/** The site did not keep its promise; the run says nothing about the site; somebody ended it. */
const MISSED_EXIT = 1
const INVALID_EXIT = 3
const STOPPED_EXIT = 130

const DEFAULT_RATE = 10
const DEFAULT_SECONDS = 30

export function registerRehearse(program: Command): void {
  program
    .command('rehearse')
    .description('send a crowd at a site that agrees, and find its wall')
    .argument('[url]', 'the site: an address of this machine, or a host that agrees')
    .option('--find-wall', 'find the highest rate that holds for a minute, and what breaks first; up to 8 minutes')
    .option('--rate <n>', `arrivals per second (default: ${DEFAULT_RATE})`, numberFrom(0.1, 100_000))
    .option('--seconds <n>', `how long they come (default: ${DEFAULT_SECONDS})`, numberFrom(1, 3600))
    .option('--shape <shape>', `how they come, instead of --rate: ${SHAPE_USAGE}`, shapeFrom)
    .option('--path <path[=weight]>', 'a page that is asked for; may be repeated (default: /)', pathFrom, [])
    .option('--journey <file>', 'what visitors do, as YAML, JSON or a module; may be repeated', addTo, [])
    .option('--new-visitors <share>', 'arrivals with empty cookies on a connection of their own', shareFrom)
    .option('--reload-after <seconds>', 'when impatient visitors reload', numberFrom(0.1, 3600))
    .option('--slo-p95 <ms>', `95 of 100 wait less (default: ${DEFAULT_SLO.p95Ms})`, numberFrom(1, 10_000))
    .option('--slo-errors <share>', `fewer views are lost (default: ${DEFAULT_SLO.errorShare * 100}%)`, shareFrom)
    .option('--hold <seconds>', `how long the wall has to hold (default: ${HOLD_SECONDS})`, numberFrom(5, 300))
    .option(
      '--watch <port>',
      'read the gauges of what listens there (default: the port of the URL)',
      numberFrom(1, 65_535),
    ) // prettier-ignore
    .option('--workers <n>', 'threads of the generator', numberFrom(1, 16))
    .option('--connections <n>', 'connections open at once at most', numberFrom(1, 40_000))
    .option('--seed <n>', 'makes arrivals and choices repeatable', numberFrom(0, 2 ** 32 - 1))
    .option('-c, --config <file>', 'the config that names hosts which may be rehearsed, for other machines than this')
    .option('--scenario <name>', `play a true story on a small site: ${STORMS.map(storm => storm.name).join(', ')}`)
    .option('--without', 'play the scenario without the shield only')
    .option('--json', 'print one JSON object and nothing else')
    .action(async (url: string | undefined, flags: RehearseFlags) => {
      process.exitCode = await rehearse(url, flags)
    })
}

/** What a run has to know, from the command line. */
interface Rehearsal {
  crowd: Omit<LoadOptions, 'shape' | 'seconds'> & { seed: number; journeys: Journey[] }
  slo: Slo
  page: string
  gauges: SiteGauges | undefined
  flags: RehearseFlags
  write: (text: string) => void
  signal: AbortSignal
}

async function rehearse(url: string | undefined, flags: RehearseFlags): Promise<number> {
  const stop = new AbortController()
  const onSignal = (): void => stop.abort()
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal)
  try {
    if (flags.scenario !== undefined) return await rehearseScenario(flags, colours, stop.signal)
    if (url === undefined) throw new CliError('Name the site: breakwater rehearse http://127.0.0.1:8080 --find-wall')
    const rehearsal = await prepare(url, flags, stop.signal)
    return await (flags.findWall === true ? wall(rehearsal) : load(rehearsal))
  } catch (error) {
    if (error instanceof Error && (error.name === 'TargetRefused' || error instanceof RangeError))
      throw new CliError(error.message)
    throw error
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
  }
}

async function prepare(url: string, flags: RehearseFlags, signal: AbortSignal): Promise<Rehearsal> {
  const address = /^https?:\/\//.test(url) ? url : `http://${url}`
  const target = URL.parse(address)?.origin ?? address
  const [journeys, consent] = [await journeysOf(flags.journey), await consentOf(flags.config)]
  const paths = ownPath(address, flags)
  const crowd = {
    target,
    paths,
    journeys,
    seed: flags.seed ?? freshSeed(),
    ...(consent === undefined ? {} : { consent }),
    ...(flags.newVisitors === undefined ? {} : { newVisitors: flags.newVisitors }),
    ...(flags.reloadAfter === undefined ? {} : { reloadAfter: flags.reloadAfter }),
    ...(flags.workers === undefined ? {} : { workers: flags.workers }),
    ...(flags.connections === undefined ? {} : { maxConnections: flags.connections }),
  }
  const { port } = await targetOf(target, consent)
  const slo = { p95Ms: flags.sloP95 ?? DEFAULT_SLO.p95Ms, errorShare: flags.sloErrors ?? DEFAULT_SLO.errorShare }
  const gauges = new SiteGauges(flags.watch ?? port)
  const write = (text: string): void => void (flags.json === true || process.stdout.write(text))
  const page = target + paths[0]!.path
  return { crowd, slo, page, gauges: gauges.site.name === undefined ? undefined : gauges, flags, write, signal }
}

/** The path of the URL stands for a page of it, when no other is named. */
function ownPath(address: string, { path }: RehearseFlags): LoadOptions['paths'] & object {
  const url = URL.parse(address)
  return path.length > 0 ? path : [{ path: url === null ? '/' : url.pathname + url.search, weight: 1 }]
}

async function journeysOf(files: readonly string[]): Promise<Journey[]> {
  const colours = coloursFor(process.stderr)
  const loaded = await Promise.all(files.map(file => loadJourney(file)))
  const wrong = loaded.flatMap(each => ('errors' in each ? [describeErrors(each.errors, each.text, colours)] : []))
  if (wrong.length > 0) throw new CliError(wrong.join('\n\n'))
  return loaded.flatMap(each => ('journey' in each ? [each.journey] : []))
}

async function consentOf(file: string | undefined): Promise<Consent | undefined> {
  if (file === undefined) return undefined
  const loaded = await loadConfig({ file })
  if (!loaded.ok) throw new CliError(describeErrors(loaded.errors, loaded.text, noColours))
  const { hosts, token } = loaded.config.rehearsal
  return token === undefined ? undefined : { hosts, token: token.secret }
}

async function load({ crowd, slo, gauges, flags, write, signal }: Rehearsal): Promise<number> {
  const rate = flags.rate ?? DEFAULT_RATE
  const shape = flags.shape ?? { kind: 'constant', rate }
  const seconds = flags.seconds ?? DEFAULT_SECONDS
  const run = await runLoad({ ...crowd, shape, seconds }, signal)
  write(HEADING)
  gauges?.read()
  const bySecond: Second[] = []
  for await (const second of run.seconds) {
    bySecond.push(second)
    write(secondLine(second.planned, second, gauges?.read(), colours))
  }
  const result = await run.result
  const miss = missOf(slo, result, flags.shape === undefined ? bySecond : [])
  write(loadText(result, miss, colours))
  if (flags.json === true) process.stdout.write(`${JSON.stringify({ ...result, slo, kept: miss === undefined, miss: miss ?? null })}\n`) // prettier-ignore
  return result.stopped ? STOPPED_EXIT : !result.valid ? INVALID_EXIT : miss === undefined ? 0 : MISSED_EXIT
}

async function wall({ crowd, slo, page, gauges, flags, write, signal }: Rehearsal): Promise<number> {
  let shown: Plan | undefined
  const tell = (plan: Plan, second: Second, reading?: Parameters<typeof secondLine>[2]): void => {
    if (plan !== shown) write(levelLine(plan, colours) + HEADING)
    shown = plan
    write(secondLine(plan.rate, second, reading, colours))
  }
  const hold = flags.hold === undefined ? {} : { holdSeconds: flags.hold }
  const seen = await findWall({ crowd, page, slo, gauges, tell, ...hold }, signal)
  const report = wallReport(crowd.target, slo, crowd.seed, crowd.journeys, seen)
  write(wallText(report, colours))
  if (flags.json === true) process.stdout.write(`${JSON.stringify(report)}\n`)
  if (signal.aborted) return STOPPED_EXIT
  return !report.valid ? INVALID_EXIT : report.wall === null && report.noWallUpTo === null ? MISSED_EXIT : 0
}

const colours = coloursFor(process.stdout)
