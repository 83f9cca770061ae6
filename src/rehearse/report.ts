// What a tally says to people and programs: a second of the run, and the run as a whole. Pure.
import { LOST_AFTER_MS } from './job.ts'
import { LOSSES, type Loss, type Tally } from './tally.ts'

/** Milliseconds. A lost view counts as LOST_AFTER_MS. 0 when nothing has ended. */
interface Percentiles {
  p50: number
  p95: number
  p99: number
  /** Mean. */
  mean: number
}

export interface Figures {
  /** Seconds that these figures cover. */
  seconds: number
  /** Visitors who came; without journeys each has one view. */
  visitors: number
  /** Views that were due, and requests written for them (reloads and repeats included). */
  planned: number
  requests: number
  reloads: number
  /** Views that were due and could not be sent, because every connection the run may have was busy. */
  unsent: number
  /**
   * Views answered with 2xx or 3xx, or with the page of a waiting room, within LOST_AFTER_MS of their planned time; all
   * others that ended are lost.
   */
  good: number
  /** Of these, pages of a waiting room; and the visitors who got one. */
  waits: number
  queued: number
  lost: number
  lostBy: Record<Loss, number>
  /** Responses by status class. */
  status: { '1xx': number; '2xx': number; '3xx': number; '4xx': number; '5xx': number }
  /** Of these, answers 429 and 503: the site was asked and would not. */
  refusals: number
  /** From the planned time to the good answer; and from the request's last sending to its response's end. */
  latencyMs: Percentiles
  serviceMs: Percentiles
  /** Apdex with a target of APDEX_TARGET_MS: satisfied within it, tolerating within four times that. 1 when empty. */
  apdex: number
  bytes: number
  /** Responses with a Cache-Status field, those of them from a store, and the greatest Age seen (s). */
  judged: number
  hits: number
  oldestAge: number
  /** Connections opened; open at the end; views that still wait at the end. */
  opened: number
  connections: number
  inFlight: number
  /** The busiest worker's CPU, as a share of one core. */
  ownCpu: number
}

/** What the Apdex is told against. Half a second is felt as at once by most who open a page. */
const APDEX_TARGET_MS = 500

/** Figures of `seconds` seconds, from what all workers counted in them; `ownCpu` of the busiest. */
export function figuresOf(tally: Tally, seconds: number, ownCpu: number): Figures {
  const get = tally.get.bind(tally)
  const lostBy = Object.fromEntries(LOSSES.map(loss => [loss, get(loss)])) as Record<Loss, number>
  return {
    seconds,
    visitors: get('visitors'),
    planned: get('planned'),
    requests: get('requests'),
    reloads: get('reloads'),
    unsent: get('unsent'),
    good: get('good'),
    waits: get('waits'),
    queued: get('queued'),
    lost: LOSSES.reduce((sum, loss) => sum + lostBy[loss], 0),
    lostBy,
    status: {
      '1xx': get('status1'),
      '2xx': get('status2'),
      '3xx': get('status3'),
      '4xx': get('status4'),
      '5xx': get('status5'),
    },
    refusals: get('refusals'),
    latencyMs: percentiles(tally.latency),
    serviceMs: percentiles(tally.service),
    apdex: apdexOf(tally),
    bytes: get('bytes'),
    judged: get('judged'),
    hits: get('hits'),
    oldestAge: get('oldest'),
    opened: get('opened'),
    connections: get('connections'),
    inFlight: get('inFlight'),
    ownCpu,
  }
}

function percentiles(histogram: Tally['latency']): Percentiles {
  const ms = (percent: number): number => Math.min(histogram.percentile(percent) / 1000, LOST_AFTER_MS)
  return { p50: ms(50), p95: ms(95), p99: ms(99), mean: histogram.mean() / 1000 }
}

function apdexOf({ latency }: Tally): number {
  const total = latency.count()
  if (total === 0) return 1
  const satisfied = latency.countUpTo(APDEX_TARGET_MS * 1000)
  const tolerating = latency.countUpTo(4 * APDEX_TARGET_MS * 1000) - satisfied
  return (satisfied + tolerating / 2) / total
}

/** Of a valid run, at least this share of views was sent on schedule. */
const LEAST_ON_TIME = 0.99
/** Of a valid run, no worker used more than this share of a core: above it, its own queue shows in the latencies. */
const MOST_OWN_CPU = 0.8

/** Why the run says nothing about the site, in sentences; empty when it does. `busiest`: the highest share of CPU. */
export function faultsOf(tally: Tally, busiest: number): string[] {
  const faults: string[] = []
  const planned = tally.get('planned')
  const onTime = planned === 0 ? 1 : tally.get('onTime') / planned
  if (planned === 0) faults.push('nothing was due: the run was too short for its rate')
  if (onTime < LEAST_ON_TIME) {
    const unsent = tally.get('unsent')
    const why = unsent > planned / 100 ? `${unsent} found every connection busy` : 'this machine was too busy'
    faults.push(`only ${percent(onTime)} of the views were sent on schedule (99% are needed): ${why}`)
  }
  if (busiest > MOST_OWN_CPU) faults.push(`the generator itself used ${percent(busiest)} of a core (80% at most)`)
  return faults
}

/** Rounded down, so that 98.96% is not told as the 99% it misses. */
const percent = (share: number): string => `${Math.floor(share * 1000) / 10}%`
