// `breakwater event forecast`: whether an event fits below the wall that the last rehearsal found.

import { resolve } from 'node:path'
import { expectation } from '../../config/kinds/expectation.ts'
import { Refusal } from '../../config/kind.ts'
import { surroundingsIn } from '../../config/surroundings.ts'
import type { Expectation } from '../../config/kinds/expectation.ts'
import { configFile } from '../../config/load.ts'
import { forecast } from '../../plan/forecast.ts'
import type { Past } from '../../plan/load.ts'
import { LONGEST_RECORDING, readRecording } from '../../rehearse/recording.ts'
import { readHistory } from '../../watch/archive-reader.ts'
import type { Capacity, Forecast } from '../../plan/forecast.ts'
import { namesIn, readKept } from '../../rehearse/kept/kept.ts'
import type { Kept } from '../../rehearse/kept/kept.ts'
import { fingerprintOf } from '../../rehearse/kept/fingerprint.ts'
import type { Fingerprint } from '../../rehearse/kept/fingerprint.ts'
import type { WallReport } from '../../rehearse/wall/report.ts'
import { changesSince } from '../../rehearse/kept/stale.ts'
import type { PlanView } from '../../plan/view.ts'
import { command } from '../admin-client.ts'
import { CliError } from '../cli-error.ts'
import { DEFAULT_DATA, DEFAULT_VERSION_FIELD } from '../rehearse/defaults.ts'

interface ForecastFlags {
  admin?: string
  data?: string
  config?: string
  json?: boolean
  paths?: string
  pageBytes?: number
  formBytes?: number
  instances?: number
  price?: number
  visit?: number
}

/** Instead of the file of a log. */
const LIVE = 'live'
/** The event does not fit, or nothing is known of it. */
const NOT_SURE = 1

/** Throws CliError where it is not understood. */
export async function showForecast(text: string, flags: ForecastFlags): Promise<void> {
  const found = await forecastFor(text, resolve(flags.data ?? DEFAULT_DATA), flags)
  if (!found.verdict.startsWith('fits') || found.stale) process.exitCode = NOT_SURE
  process.stdout.write(flags.json === true ? `${JSON.stringify(found, null, 2)}\n` : forecastText(found))
}

/** What was expected, against the last valid search for the wall, and against what it was true of. */
async function forecastFor(
  text: string,
  data: string,
  flags: ForecastFlags,
): Promise<Forecast & { rehearsal: string | null }> {
  const expected = await expectedBy(text, flags)
  if (expected instanceof Refusal)
    throw new CliError(`${text}: ${expected.message}; expected ${expected.expected ?? expectation().expected}.`)
  const { pageBytes, formBytes, instances, price, visit } = flags
  const paths = await pathsOf(flags)
  const known = { pageBytes, formBytes, instances, price, visit, paths, past: pastOf(expected.like, data) }
  const kept = lastWall(data)
  if (kept === undefined) return { rehearsal: null, ...forecast(expected, known) }
  const now = await fingerprintNow(kept, flags.config).catch((error: unknown) => {
    throw new CliError(error instanceof Error ? error.message : String(error))
  })
  const capacity = capacityOf(kept, now)
  return { rehearsal: kept.name, ...forecast(expected, { ...known, capacity }) }
}

const read = (words: string): Expectation | Refusal =>
  expectation().read(
    words,
    surroundingsIn('/', () => {}),
  )

/** The words, or those of the planned event of this name at a running process. */
async function expectedBy(text: string, flags: ForecastFlags): Promise<Expectation | Refusal> {
  const expected = read(text)
  if (!(expected instanceof Refusal)) return expected
  const plan = await command(flags, 'GET', '/api/events').catch(() => undefined)
  const planned = (plan as PlanView | undefined)?.events.find(({ name }) => name === text)
  if (planned === undefined) return expected
  if (planned.expect === null)
    throw new CliError(`${text} does not say who is expected: breakwater event edit --expect.`)
  return read(planned.expect)
}

/** What people ask for: at the running process in the last minutes, or as an access log tells. */
async function pathsOf(flags: ForecastFlags): Promise<readonly { path: string; weight: number }[] | undefined> {
  if (flags.paths === undefined) return undefined
  return flags.paths === LIVE ? livePaths(flags) : pathsIn(flags.paths)
}

async function livePaths(flags: ForecastFlags): Promise<{ path: string; weight: number }[]> {
  const { routes } = (await command(flags, 'GET', '/api/routes')) as { routes: Route[] }
  const paths = routes
    .filter(({ method }) => method === 'GET')
    .map(each => ({ path: each.route, weight: each.requests }))
  if (paths.length === 0)
    throw new CliError('Nobody has asked for anything in the last ten minutes: name an access log.')
  return paths.toSorted((a, b) => b.weight - a.weight)
}

interface Route {
  method: string
  route: string
  requests: number
}

/** What people asked for in the busiest hour of an access log. */
async function pathsIn(file: string) {
  try {
    return (await readRecording(file, LONGEST_RECORDING)).paths
  } catch (error) {
    throw new CliError(`${file} cannot be used: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** How many came in a span of the history. */
function pastOf(like: Expectation['like'], data: string): Past | undefined {
  if (like === null) return undefined
  const found = readHistory(data, reader => reader.span(like.from / 1000, like.to / 1000, Date.now() / 1000))
  const rates = (found?.rows ?? []).map(({ requests }) => requests ?? 0)
  if (rates.length === 0)
    throw new CliError(`Nothing is known of that span: the history in ${data} has no second of it.`)
  return { rates, step: found!.step }
}

/** What a rehearsal of the same site would be true of now: the same is asked in the same way. */
export function fingerprintNow({ target, asked }: Kept, named: string | undefined): Promise<Fingerprint> {
  if (asked !== undefined)
    return fingerprintOf({
      ...asked,
      config: named === undefined ? (asked.config ?? configFile(named)) : configFile(named),
    })
  const { port, protocol } = new URL(target)
  const number = Number(port === '' ? (protocol === 'https:' ? 443 : 80) : port)
  const config = configFile(named)
  return fingerprintOf({ target, page: target, config, versionField: DEFAULT_VERSION_FIELD, port: number })
}

function forecastText({ verdict, stale, reckoning, rehearsal }: Awaited<ReturnType<typeof forecastFor>>): string {
  const head = `${verdict}${stale ? ' (by a stale rehearsal: rehearse again)' : ''}`
  return `${head}\n${reckoning.map(line => `  ${line}\n`).join('')}${rehearsal === null ? '' : `  Rehearsal: ${rehearsal}\n`}`
}

/** The last valid search for the wall that is kept. */
export function lastWall(data: string): Kept | undefined {
  for (const name of namesIn(data).toReversed()) {
    const kept = readKept(data, name)
    if (kept?.wall?.valid === true && (kept.wall.wall !== null || kept.wall.noWallUpTo !== null)) return kept
  }
  return undefined
}

/** The wall that was found bounds what the law's fit says: it may lie beyond what visitors put up with. */
function capacityOf({ wall, fingerprint }: Kept, now: Fingerprint): Capacity {
  const changes = changesSince(fingerprint, now)
  const found = wall!.wall
  if (found === null)
    return { low: wall!.noWallUpTo!, likely: wall!.noWallUpTo!, high: null, changes, bottleneck: null }
  const [low, high] = found.interval
  const fit = wall!.usl?.interval ?? [low, high]
  return {
    low: Math.min(low, fit[0]),
    likely: Math.min(found.ratePerSecond, wall!.usl?.peak ?? Infinity),
    high: Math.min(high, fit[1]),
    changes,
    bottleneck: bottleneckOf(wall!.culprit),
  }
}

const bottleneckOf = (culprit: WallReport['culprit']): string | null =>
  culprit === null ? null : `${culprit.signal}, ${culprit.evidence}`
