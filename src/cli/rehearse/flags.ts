// The flags of `breakwater rehearse` as the values they stand for; what cannot be meant is refused with what could be.
import { InvalidArgumentError } from 'commander'
import { nearest } from '../../base/nearest.ts'
import type { WeightedPath } from '../../rehearse/job.ts'
import type { Threshold } from './thresholds.ts'
import { type ShapeSpec, shapeOf } from '../../rehearse/shapes/index.ts'

export interface RehearseFlags {
  config?: string
  findWall?: boolean
  rate?: number
  seconds?: number
  shape?: ShapeSpec
  path: WeightedPath[]
  journey: string[]
  newVisitors?: number
  reloadAfter?: number
  seed?: number
  workers?: number
  connections?: number
  sloP95?: number
  sloErrors?: number
  hold?: number
  watch?: number
  agent: string[]
  nodeExporter: string[]
  postgres: string[]
  mysql: string[]
  redis: string[]
  html?: string
  browsers?: number
  http2?: boolean
  live?: number
  admin?: string
  threshold: Threshold[]
  as?: string
  times?: number
  visits?: boolean
  ifStale?: boolean
  versionField?: string
  flagsFrom?: string
  data?: string
  event?: string
  keep?: boolean
  scenario?: string
  without?: boolean
  json?: boolean
}

/** A number from least to most. */
export const numberFrom =
  (least: number, most: number) =>
  (text: string): number => {
    const number = Number(text)
    if (text.trim() === '' || !(number >= least && number <= most))
      throw new InvalidArgumentError(`It must be ${least} to ${most}.`)
    return number
  }

/** A share such as 5% or 0.05, as a fraction. */
export function shareFrom(text: string): number {
  const share = text.endsWith('%') ? Number(text.slice(0, -1)) / 100 : Number(text)
  if (!(share >= 0 && share <= 1)) throw new InvalidArgumentError('It must be a share such as 5%, or 0.05.')
  return share
}

/** `/news=3`: asked for three times as often as a path without a weight. */
export function pathFrom(text: string, before: WeightedPath[]): WeightedPath[] {
  const [, path = text, weight] = /^(.*?)(?:=(\d+(?:\.\d+)?))?$/.exec(text) ?? []
  if (!/^\/[!-~]*$/.test(path)) throw new InvalidArgumentError('It must begin with / and be percent-encoded.')
  const number = weight === undefined ? 1 : Number(weight)
  if (number === 0) throw new InvalidArgumentError('The weight must be more than 0.')
  return [...before, { path, weight: number }]
}

export const addTo = (text: string, before: string[]): string[] => [...before, text]

/** The members of each shape. Those that every shape of its kind has to name. */
const MEMBERS: { [kind in ShapeSpec['kind']]: readonly string[] } = {
  constant: ['rate'],
  ramp: ['from', 'to', 'over'],
  step: ['rates', 'every'],
  spike: ['base', 'people', 'at', 'within'],
  'flash-crowd': ['base', 'peak', 'at', 'rise', 'half'],
  broadcast: ['base', 'peak', 'at', 'before', 'rise', 'during', 'half'],
  recorded: ['rates', 'every'],
}

export const SHAPE_USAGE = Object.entries(MEMBERS)
  .map(([kind, members]) => `${kind}:${members.map(name => `${name}=N`).join(',')}`)
  .join('  ')

/** `ramp:from=10,to=100,over=60`; rates are joined by +. */
export function shapeFrom(text: string): ShapeSpec {
  const [kind = '', list = ''] = text.split(':', 2)
  const members = (MEMBERS as Record<string, readonly string[]>)[kind]
  if (members === undefined) {
    const near = nearest(kind, Object.keys(MEMBERS))
    throw new InvalidArgumentError(near === undefined ? `It must be one of ${SHAPE_USAGE}.` : `Did you mean ${near}?`)
  }
  const given = new Map(list.split(',').map(pair => [pair.split('=')[0]!, pair.split('=')[1] ?? ''] as const))
  const wrong = [...given.keys()].find(name => !members.includes(name)) ?? members.find(name => !given.has(name))
  if (wrong !== undefined)
    throw new InvalidArgumentError(`A ${kind} has ${members.map(name => `${name}=N`).join(',')}.`)
  const value = (name: string): number | number[] =>
    name === 'rates' ? (given.get(name) ?? '').split('+').map(Number) : Number(given.get(name) || Number.NaN)
  const spec = { kind, ...Object.fromEntries(members.map(name => [name, value(name)])) } as unknown as ShapeSpec
  try {
    shapeOf(spec)
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error))
  }
  return spec
}
