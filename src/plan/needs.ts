// What an expected load takes: bandwidth, connections, room in the journal, instances and for how long; and what it costs to have them,
// against what it costs not to. Pure; every sum is written out.

import type { Expectation } from '../config/kinds/expectation.ts'
import type { Capacity } from './forecast.ts'
import { rounded, words } from './load.ts'
import type { Load } from './load.ts'

/** What the user gives. */
export interface Given {
  /** Of a page view with all that belongs to it. */
  pageBytes?: number | undefined
  formBytes?: number | undefined
  /** Instances that the rehearsal was of. */
  instances?: number | undefined
  /** Of an instance, for an hour. */
  price?: number | undefined
  /** What a visitor is worth who gets no answer. */
  visit?: number | undefined
  /** What is asked for, by weight. */
  paths?: readonly { path: string; weight: number }[] | undefined
}

export interface Needs {
  /** Bytes a second at the front. */
  bandwidth: number
  /** Open at once at the front. */
  connections: number
  /** Bytes of forms that are sent in the window. */
  journal: number
  /** What runs full first; null where it is not known. */
  bottleneck: string | null
  /** To bear the front without a waiting room, for so many milliseconds; null where that is not known. */
  instances: number | null
  lasts: number | null
  /** Of the instances beyond those that were rehearsed; and of the visitors that would be lost without them and without a waiting room. */
  costOfMore: number | null
  costOfLoss: number | null
  /** Page views a second at the front, for what is asked for most. */
  paths: { path: string; perSecond: number }[]
  reckoning: string[]
}

const ASSUMED_PAGE_BYTES = 500_000
const ASSUMED_FORM_BYTES = 2048
/** Scaling out begins before the front and ends after the ebb. */
const AROUND = 3_600_000
const SHOWN_PATHS = 10

export function needsOf(
  expected: Expectation,
  load: Load,
  capacity: Capacity | undefined,
  times: number | null,
  given: Given,
): Needs {
  const { pageBytes = ASSUMED_PAGE_BYTES, formBytes = ASSUMED_FORM_BYTES } = given
  const bandwidth = load.front * pageBytes
  const forms = load.visitors * (expected.forms ?? 0)
  const bottleneck = capacity?.bottleneck ?? null
  const paths = byPath(load.front, given.paths ?? [])
  const { lines, ...more } = moreOf(load, capacity, times, given)
  const assumed = given.pageBytes === undefined ? ', assumed (say --page-bytes)' : ''
  return {
    ...{ bandwidth, connections: Math.ceil(load.atOnce), journal: forms * formBytes, bottleneck, paths },
    ...more,
    reckoning: [
      ...paths.map(({ path, perSecond }) => `${rounded(perSecond)}/s of it are for ${path}.`),
      `Bandwidth: ${rounded(load.front)}/s × ${bytes(pageBytes)} a page view${assumed} = ${bits(bandwidth * 8)}.`,
      `Open connections: ${Math.ceil(load.atOnce)}.`,
      ...(expected.forms === null
        ? []
        : [
            `Journal: ${Math.round(load.visitors)} visitors × ${Number((expected.forms * 100).toFixed(2))}% × ${bytes(formBytes)} a form = ${bytes(forms * formBytes)}.`,
          ]),
      ...(bottleneck === null ? [] : [`First bottleneck: ${bottleneck}`]),
      ...lines,
    ],
  }
}

function moreOf(load: Load, capacity: Capacity | undefined, times: number | null, given: Given) {
  const nothing = { instances: null, lasts: null, costOfMore: null, costOfLoss: null, lines: [] as string[] }
  if (capacity === undefined || times === null) return nothing
  const { instances: before = 1, price, visit } = given
  const instances = before * times
  const { views, lasts } = load.beyond(capacity.low)
  const hours = times === 1 ? 0 : (lasts + AROUND) / 3_600_000
  const costOfMore = price === undefined ? null : (instances - before) * hours * price
  const lost = views / load.pages
  const costOfLoss = visit === undefined ? null : lost * visit
  const lines = [
    times === 1
      ? `Instances: the ${before} that were rehearsed.`
      : `Instances: ${before} rehearsed × ${times} = ${instances}, for ${words(lasts)} above the wall and an hour around it.`,
    ...(price === undefined
      ? []
      : [
          `Over-provisioning: ${instances - before} more × ${rounded(hours)} h × ${price} = ${costOfMore!.toFixed(2)}.`,
        ]),
    ...(visit === undefined
      ? []
      : [
          `Loss without them and without a waiting room: ${Math.round(lost)} visitors × ${visit} = ${costOfLoss!.toFixed(2)}.`,
        ]),
    ...(costOfMore === null || costOfLoss === null || costOfMore === costOfLoss
      ? []
      : [costOfMore < costOfLoss ? 'It is cheaper to have them.' : 'It is cheaper not to have them.']),
  ]
  return { instances, lasts: times === 1 ? 0 : lasts, costOfMore, costOfLoss, lines }
}

function byPath(front: number, paths: readonly { path: string; weight: number }[]): Needs['paths'] {
  const all = paths.reduce((sum, { weight }) => sum + weight, 0)
  return paths
    .toSorted((a, b) => b.weight - a.weight)
    .slice(0, SHOWN_PATHS)
    .map(({ path, weight }) => ({ path, perSecond: (front * weight) / all }))
}

const bytes = (count: number): string => scaled(count, ['B', 'kB', 'MB', 'GB', 'TB'])
const bits = (count: number): string => `${scaled(count, ['bit', 'kbit', 'Mbit', 'Gbit', 'Tbit'])}/s`

function scaled(count: number, units: readonly string[]): string {
  const step = count < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(count) / 3))
  return `${Number((count / 1000 ** step).toPrecision(3))} ${units[step]}`
}
