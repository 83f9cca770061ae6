// From the command line to what a rehearsal needs to know; mistakes end here, before anything is sent.
import { resolve } from 'node:path'
import { systemClock } from '../../base/clock.ts'
import { freshSeed, seeded } from '../../base/random.ts'
import { configFile, loadConfig } from '../../config/load.ts'
import { Browsers } from '../../rehearse/browsers/browsers.ts'
import { Panel } from '../../rehearse/gauges/panel.ts'
import type { Journey } from '../../rehearse/journey/journey.ts'
import { loadJourney } from '../../rehearse/journey/load.ts'
import { type Asked, type Fingerprint, fingerprintOf } from '../../rehearse/kept/fingerprint.ts'
import type { LoadOptions } from '../../rehearse/options.ts'
import type { ShapeSpec } from '../../rehearse/shapes/index.ts'
import type { Second } from '../../rehearse/watch.ts'
import { type Consent, isLoopback, type Target, targetOf } from '../../rehearse/target.ts'
import { rehearsalMark } from '../../http/rehearsal.ts'
import { DEFAULT_SLO, type Slo } from '../../rehearse/wall/slo.ts'
import { AgentSource } from '../../rehearse/sources/agent.ts'
import { MysqlSource } from '../../rehearse/sources/mysql.ts'
import { NodeExporterSource } from '../../rehearse/sources/node-exporter.ts'
import { PostgresSource, withoutSecrets } from '../../rehearse/sources/postgres.ts'
import { RedisSource } from '../../rehearse/sources/redis.ts'
import type { Source } from '../../rehearse/sources/source.ts'
import { CliError } from '../cli-error.ts'
import { coloursFor, noColours } from '../colours.ts'
import { describeErrors } from '../excerpt.ts'
import { DEFAULT_DATA, DEFAULT_VERSION_FIELD } from './defaults.ts'
import type { RehearseFlags } from './flags.ts'
import { type How, howTheyCome } from './how.ts'
import { Teller } from './progress.ts'

/** What a run has to know. */
export interface Rehearsal {
  crowd: Omit<LoadOptions, 'shape' | 'seconds'> & { seed: number; journeys: Journey[] }
  /** How they come, where that is not looked for. */
  shape: ShapeSpec
  seconds: number
  slo: Slo
  page: string
  gauges: Panel
  /** Tells the dashboard how far it is. */
  teller: Teller
  /** Real browsers beside the crowd, where some are asked for. */
  browsers: Browsers | undefined
  /** What it is true of, what was asked, and where it is kept; no folder: nowhere. */
  fingerprint: Fingerprint
  asked: Asked
  question: string
  data: string | undefined
  flags: RehearseFlags
  write: (text: string) => void
  signal: AbortSignal
  /** Told of each second, for who watches over real visitors. */
  onSecond: (second: Second) => void
}

export async function prepare(url: string, flags: RehearseFlags, signal: AbortSignal): Promise<Rehearsal> {
  const address = /^https?:\/\//.test(url) ? url : `http://${url}`
  const target = URL.parse(address)?.origin ?? address
  const write = (text: string): void => void (flags.json === true || process.stdout.write(text))
  const [written, consent] = [await journeysOf(flags.journey), await consentOf(flags.config)]
  const how = await howTheyCome(address, flags, write)
  const journeys = [...written, ...how.journeys]
  const site = await targetOf(target, consent)
  const { port } = site
  const watched = flags.watch ?? port
  const page = target + how.paths[0]!.path
  const asked = askedOf(target, page, watched, flags)
  const data = flags.keep === false ? undefined : resolve(flags.data ?? DEFAULT_DATA)
  const gauges = new Panel({
    port: watched,
    entrance: port,
    sources: await sourcesOf(flags),
    isFar: !isLoopback(site.host),
  })
  return {
    crowd: { target, paths: how.paths, journeys, seed: flags.seed ?? freshSeed(), ...wishes(flags, consent) },
    ...{ shape: how.shape, seconds: how.seconds, page, flags, write, signal, onSecond: () => {} },
    slo: { p95Ms: flags.sloP95 ?? DEFAULT_SLO.p95Ms, errorShare: flags.sloErrors ?? DEFAULT_SLO.errorShare },
    gauges,
    teller: new Teller(data, target, systemClock),
    ...{ asked, fingerprint: await fingerprintOf(asked) },
    question: questionOf(flags),
    data,
    // The last, so that none is left open by a mistake in the rest.
    browsers: await browsersOf(target, site, { ...how, journeys }, flags, consent),
  }
}

function askedOf(target: string, page: string, port: number, flags: RehearseFlags): Asked {
  const { config, flagsFrom, versionField = DEFAULT_VERSION_FIELD } = flags
  return { target, page, config: configFile(config), flags: flagsFrom, versionField, port }
}

/** The same for the same question, in whatever order it was asked; where it is kept and how it is shown are no part of it. */
function questionOf(flags: RehearseFlags): string {
  const { json: _, data: _data, keep: _keep, ifStale: _if, config: _config, html: _html, threshold: _threshold, live: _live, admin: _admin, agent: _agent, nodeExporter: _exporter, postgres: _postgres, mysql: _mysql, redis: _redis, ...rest } = flags // prettier-ignore
  return JSON.stringify(Object.fromEntries(Object.entries(rest).toSorted(([a], [b]) => a.localeCompare(b))))
}

function wishes(flags: RehearseFlags, consent: Consent | undefined): Partial<LoadOptions> {
  return {
    ...(consent === undefined ? {} : { consent }),
    ...(flags.newVisitors === undefined ? {} : { newVisitors: flags.newVisitors }),
    ...(flags.reloadAfter === undefined ? {} : { reloadAfter: flags.reloadAfter }),
    ...(flags.http2 === true ? { http2: true } : {}),
    ...(flags.workers === undefined ? {} : { workers: flags.workers }),
    ...(flags.connections === undefined ? {} : { maxConnections: flags.connections }),
  }
}

/** They see the pages that the crowd asks for, or those that its journeys begin with. */
async function browsersOf(
  origin: string,
  target: Target,
  { paths, journeys }: { paths: How['paths']; journeys: Journey[] },
  { browsers: count, seed = freshSeed() }: RehearseFlags,
  consent: Consent | undefined,
): Promise<Browsers | undefined> {
  if (count === undefined) return undefined
  const first = journeys.flatMap(({ steps, weight }) => {
    const step = steps.find(each => each.kind === 'get')
    return step === undefined || step.path.includes('{') ? [] : [{ path: step.path, weight }]
  })
  const mark = consent && rehearsalMark(consent.token)
  return await Browsers.open({ count, origin, target, mark, paths: first.length > 0 ? first : paths }, seeded(seed))
}

async function journeysOf(files: readonly string[]): Promise<Journey[]> {
  const colours = coloursFor(process.stderr)
  const loaded = await Promise.all(files.map(file => loadJourney(file)))
  const wrong = loaded.flatMap(each => ('errors' in each ? [describeErrors(each.errors, each.text, colours)] : []))
  if (wrong.length > 0) throw new CliError(wrong.join('\n\n'))
  return loaded.flatMap(each => ('journey' in each ? [each.journey] : []))
}

/** Where gauges are read beside /proc: each has to answer now, so that nobody finds out afterwards that it did not. */
async function sourcesOf(flags: RehearseFlags): Promise<Source[]> {
  const wanted = [
    ...flags.agent.map(address => [address, () => AgentSource.open(address, agentToken())] as const),
    ...flags.nodeExporter.map(address => [address, () => NodeExporterSource.open(address)] as const),
    ...flags.postgres.map(address => [address, () => PostgresSource.open(address)] as const),
    ...flags.mysql.map(address => [address, () => MysqlSource.open(address)] as const),
    ...flags.redis.map(address => [address, () => RedisSource.open(address)] as const),
  ]
  const opened = await Promise.allSettled(wanted.map(([, open]) => open()))
  const failed = opened.findIndex(each => each.status === 'rejected')
  if (failed >= 0) {
    for (const each of opened) if (each.status === 'fulfilled') void each.value.close()
    const { reason } = opened[failed] as PromiseRejectedResult
    throw new CliError(`The gauges of ${withoutSecrets(wanted[failed]![0])} cannot be read: ${messageOf(reason)}`)
  }
  return opened.flatMap(each => (each.status === 'fulfilled' ? [each.value] : []))
}

function agentToken(): string {
  const token = process.env['BREAKWATER_AGENT_TOKEN']
  if (token === undefined) throw new RangeError('set BREAKWATER_AGENT_TOKEN to the token of the agent')
  return token
}

/** A refused connection has no message of its own where several addresses were tried. */
const messageOf = (error: unknown): string =>
  error instanceof AggregateError
    ? error.errors.map(messageOf).join(', ')
    : error instanceof Error
      ? [error.message, error.cause instanceof Error ? error.cause.message : ''].filter(Boolean).join(': ')
      : String(error)

async function consentOf(file: string | undefined): Promise<Consent | undefined> {
  if (file === undefined) return undefined
  const loaded = await loadConfig({ file })
  if (!loaded.ok) throw new CliError(describeErrors(loaded.errors, loaded.text, noColours))
  const { hosts, token } = loaded.config.rehearsal
  return token === undefined ? undefined : { hosts, token: token.secret }
}
