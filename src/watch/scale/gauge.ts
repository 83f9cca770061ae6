// The demand of each site, looked at each second, and what autoscalers are told of it on the admin address.

import type { Clock } from '../../base/clock.ts'
import type { Metric } from '../exposition.ts'
import { json, problem, text } from '../reply.ts'
import type { Reply } from '../reply.ts'
import { loadOf } from '../site-load.ts'
import type { OriginStats } from '../stats.ts'
import { nextMemory, nothingSeen, ratioOf, targetOf } from './demand.ts'
import type { Aim, Memory } from './demand.ts'

export interface DemandSources {
  clock: Clock
  sites: () => readonly { name: string }[]
  origins: () => readonly OriginStats[]
}

/** Of what instances bear, in use: three tenths are for what comes until new ones serve. */
const AIM = 0.7
const MOST = 10_000

export interface SiteDemand {
  site: string
  /** Requests in flight at its origins and waiting for them, and how many may be in flight. */
  demand: number
  capacity: number
  /** Demand ÷ capacity; null where no origin bears anything. */
  ratio: number | null
  /** The same of a demand that falls slowly: to scale by. */
  level: number | null
  /** Of its origins, those that get requests. */
  instances: number
}

export class DemandGauge {
  readonly #sources: DemandSources
  readonly #memories = new Map<string, Memory>()

  constructor(sources: DemandSources) {
    this.#sources = sources
  }

  /** To be called each second. */
  look(): void {
    const names = this.#sources.sites().map(({ name }) => name)
    for (const name of this.#memories.keys()) if (!names.includes(name)) this.#memories.delete(name)
    const origins = this.#sources.origins()
    const now = this.#sources.clock.monotonic()
    for (const name of names)
      this.#memories.set(name, nextMemory(this.#memories.get(name) ?? nothingSeen, loadOf(name, origins).open, now))
  }

  get told(): SiteDemand[] {
    const origins = this.#sources.origins()
    return this.#sources.sites().map(({ name }) => {
      const { open, limit, up } = loadOf(name, origins)
      const { held } = this.#memories.get(name) ?? nothingSeen
      const level = ratioOf(Math.max(open, held), limit)
      return { site: name, demand: open, capacity: limit, ratio: ratioOf(open, limit), level, instances: up }
    })
  }
}

const bounds: Record<keyof Aim | 'instances', [least: number, most: number]> = {
  aim: [0.05, 1],
  least: [0, MOST],
  most: [1, MOST],
  instances: [1, MOST],
}
const NAMES = 'site, aim, instances, least, most and value'

/** `?aim=0.7&least=2&most=40`, `instances` where an origin stands for several, `value=target` for the number alone. */
export function demand(gauge: Pick<DemandGauge, 'told'>, query: URLSearchParams): Reply {
  for (const name of query.keys())
    if (!NAMES.split(/, | and /).includes(name)) return problem(422, `There is no ${name} here; ${NAMES} are known.`)
  const wrong = (Object.keys(bounds) as (keyof typeof bounds)[]).find(name => !isWithin(query.get(name), bounds[name]))
  if (wrong !== undefined) return problem(422, `${wrong} is a number from ${bounds[wrong].join(' to ')}.`)
  const given = (name: keyof typeof bounds): number | undefined =>
    query.has(name) ? Number(query.get(name)) : undefined
  const aim = { aim: given('aim') ?? AIM, least: given('least') ?? 1, most: given('most') ?? MOST }
  const site = query.get('site')
  const sites = gauge.told
    .filter(each => site === null || each.site === site)
    .map(each => {
      const instances = given('instances') ?? each.instances
      return { ...each, instances, target: each.level === null ? null : targetOf(each.level, instances, aim) }
    })
  if (sites.length === 0) return problem(404, `There is no site ${site ?? ''}.`)
  return query.has('value') ? alone(sites, query.get('value')!) : json({ sites })
}

const VALUES = ['ratio', 'level', 'target', 'demand', 'capacity'] as const

/** Without a number there is no answer that an autoscaler could take for one. */
function alone([site, ...others]: readonly (SiteDemand & { target: number | null })[], name: string): Reply {
  const value = VALUES.find(each => each === name)
  if (value === undefined) return problem(422, `value is one of ${VALUES.join(', ')}.`)
  if (others.length > 0) return problem(422, 'There are several sites: name the one that is meant with site.')
  const found = site![value]
  return found === null ? problem(503, 'Nothing is known yet, or no origin is up.') : text(`${found}\n`)
}

const isWithin = (given: string | null, [least, most]: [number, number]): boolean =>
  given === null || (given.trim() !== '' && Number(given) >= least && Number(given) <= most)

/** The same for Prometheus. */
export function demandMetrics(told: readonly SiteDemand[]): Metric[] {
  const metric = (name: string, help: string, value: (site: SiteDemand) => number | null): Metric => ({
    ...{ name: `breakwater_${name}`, help, type: 'gauge' as const },
    samples: told.flatMap(each => {
      const found = value(each)
      return found === null ? [] : [{ labels: { site: each.site }, value: found }]
    }),
  })
  return [
    metric(
      'demand_ratio',
      'Requests in flight and waiting for a site, divided by how many its origins bear in flight: 1 is all they bear.',
      ({ ratio }) => ratio,
    ),
    metric(
      'demand_level',
      'The same to scale by: the demand counts at once, for ten minutes, and then falls by a tenth a minute at most.',
      ({ level }) => level,
    ),
  ]
}
