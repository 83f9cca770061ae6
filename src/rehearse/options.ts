// What a run may be asked for, its bounds and defaults, and the jobs that come of it, one per worker.
import { rehearsalMark } from '../http/rehearsal.ts'
import { freshSeed } from '../base/random.ts'
import type { Job, WeightedPath } from './job.ts'
import { addressesFor } from './loopback.ts'
import type { Journey } from './journey/journey.ts'
import type { ArrivalProcess } from './schedule.ts'
import { type ShapeSpec, shapeOf } from './shapes/index.ts'
import { speaksHttp2 } from './http2.ts'
import { type Consent, targetOf } from './target.ts'

export interface LoadOptions {
  /** The site, such as http://127.0.0.1:8080. Loopback, or a host that agrees. */
  target: string
  /** What shows that another host than this machine agrees; without it, loopback only. */
  consent?: Consent
  /** Pages by weight. Default: the home page alone. */
  paths?: WeightedPath[]
  /** What visitors do, instead of wanting one page each. */
  journeys?: Journey[]
  shape: ShapeSpec
  /** Length of the schedule, 1 to 3600; the run lasts up to 10 s longer, for the last visitors to get or lose their page. */
  seconds: number
  /** Default poisson. */
  process?: ArrivalProcess
  /** Seconds after which visitors reload, 0.1 or more. Default: they never do. */
  reloadAfter?: number
  /** Share of arrivals with empty cookies and a connection of their own, 0 to 1. Default 0: who was there comes back. */
  newVisitors?: number
  /** Name of a cookie that every visitor carries with a value of their own. Default: none. */
  visitorCookie?: string
  /** Connections open at once, over all workers. Default 4000. */
  maxConnections?: number
  /** Whether visitors speak HTTP/2 (over TLS by ALPN, else with prior knowledge); HTTP/1.1 otherwise. */
  http2?: boolean
  /** Worker threads. Default 1, which plays some thousands of arrivals a second. */
  workers?: number
  /** Makes arrivals, pages and patience repeatable. Default: drawn, and reported. */
  seed?: number
}

/** An hour: a run stops by itself. */
const LONGEST_SECONDS = 3600
/** A port has 64,511 unprivileged numbers on its client's side; a third is left to the shield and others. */
const MOST_CONNECTIONS = 40_000
const DEFAULT_CONNECTIONS = 4000
const MOST_WORKERS = 16
/** Above what a worker can play, so that a mistyped rate ends as an invalid run and not as a full memory. */
const MOST_RATE = 100_000

/** Rejects with TargetRefused or a RangeError that names what is wrong. */
export async function jobsOf(options: LoadOptions): Promise<Job[]> {
  const { shape, seconds, process = 'poisson', reloadAfter, newVisitors = 0, visitorCookie, journeys = [] } = options
  const { workers = 1, maxConnections = DEFAULT_CONNECTIONS, seed = freshSeed() } = options
  const paths = options.paths ?? [{ path: '/', weight: 1 }]
  within('seconds', seconds, 1, LONGEST_SECONDS)
  within('workers', workers, 1, MOST_WORKERS)
  within('maxConnections', maxConnections, workers, MOST_CONNECTIONS)
  within('newVisitors', newVisitors, 0, 1)
  if (reloadAfter !== undefined) within('reloadAfter', reloadAfter, 0.1, LONGEST_SECONDS)
  if (visitorCookie !== undefined && !TOKEN.test(visitorCookie)) {
    throw new RangeError(`visitorCookie: "${visitorCookie}" cannot be a cookie's name`)
  }
  checkPaths(paths)
  within('arrivals per second, on average,', shapeOf(shape).arrivals(seconds) / seconds, 0, MOST_RATE)
  const target = await targetOf(options.target, options.consent)
  if (options.http2 === true && !(await speaksHttp2(target))) {
    throw new RangeError(`${options.target} does not speak HTTP/2${target.tls === undefined ? ' to who begins without asking (h2c); browsers speak it over https alone' : ''}: leave --http2 out`)
  } // prettier-ignore
  const mark = options.consent && rehearsalMark(options.consent.token)
  const each = { ...target, mark, paths, journeys, shape, seconds, process, reloadAfter, newVisitors, visitorCookie, http2: options.http2 ?? false, from: addressesFor(target.host, maxConnections) } // prettier-ignore
  return Array.from({ length: workers }, (_, i) => ({
    ...each,
    share: 1 / workers,
    seed: seed + i * SEEDS_PER_WORKER,
    maxConnections: Math.floor(maxConnections / workers),
  }))
}

/** A worker draws from two streams: its visitors' choices, and their arrivals. */
const SEEDS_PER_WORKER = 2

/** RFC 9110 section 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

function checkPaths(paths: WeightedPath[]): void {
  if (paths.length === 0) throw new RangeError('paths: at least one is needed')
  for (const { path, weight } of paths) {
    // Visible ASCII only: what is sent is what stands there.
    if (!/^\/[!-~]*$/.test(path)) throw new RangeError(`paths: "${path}" must begin with / and be percent-encoded`)
    if (!(weight > 0 && weight < Infinity)) throw new RangeError(`paths: the weight of ${path} must be more than 0`)
  }
}

function within(name: string, value: number, least: number, most: number): void {
  if (!(value >= least && value <= most)) throw new RangeError(`${name} must be ${least} to ${most}, not ${value}`)
}
