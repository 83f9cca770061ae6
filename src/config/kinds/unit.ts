// Values with a unit: durations become milliseconds, sizes bytes, percentages fractions. A plain number is refused,
// because nobody should have to guess whether 10 means seconds or milliseconds.

import { Refusal, show } from '../kind.ts'
import type { Kind, Surroundings } from '../kind.ts'

const MILLISECONDS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  sec: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

const BYTES: Readonly<Record<string, number>> = {
  B: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
}

const BITS_PER_SECOND: Readonly<Record<string, number>> = {
  'kbit/s': 1e3,
  'Mbit/s': 1e6,
  'Gbit/s': 1e9,
}

type Gap = '' | ' '
export type DurationText = `${number}${Gap}${'ms' | 's' | 'sec' | 'm' | 'min' | 'h' | 'd'}`
export type SizeText = `${number}${Gap}${'B' | 'KiB' | 'MiB' | 'GiB' | 'TiB' | 'kB' | 'KB' | 'MB' | 'GB' | 'TB'}`
export type BitRateText = `${number}${Gap}${'kbit/s' | 'Mbit/s' | 'Gbit/s'}`
export type PercentText = `${number}${Gap}%`

/** Milliseconds of a duration as written, or undefined: `10s`, `5 min`, `250ms`, `1h`, `2d`. */
const parseDuration = (text: string): number | undefined => withUnit(text, MILLISECONDS)

/** Bytes of a size as written, or undefined: `512 KiB`, `2GiB`, `10 MB`. */
const parseSize = (text: string): number | undefined => withUnit(text, BYTES)

/** A duration from min to max (both as written), as milliseconds. */
export function duration(min: DurationText, max: DurationText): Kind<number, DurationText> {
  return measure({
    name: 'duration',
    example: '10s, 5 min or 250ms',
    hint: given => `write ${given}s or ${given}ms`,
    parse: parseDuration,
    format: formatDuration,
    pattern: unitPattern(MILLISECONDS),
    min,
    max,
  })
}

/** A size from min to max (both as written), as bytes. */
export function size(min: SizeText, max: SizeText): Kind<number, SizeText> {
  return measure({
    name: 'size',
    example: '512 KiB or 2 GiB',
    hint: given => `write ${given} KiB or ${given} MiB`,
    parse: parseSize,
    format: formatSize,
    pattern: unitPattern(BYTES),
    min,
    max,
  })
}

/** A bit rate from min to max, as bits a second: `1 Gbit/s` is 1,000,000,000. */
export function bitRate(min: BitRateText, max: BitRateText): Kind<number, BitRateText> {
  return measure({
    name: 'bit rate',
    example: '100 Mbit/s or 1 Gbit/s',
    hint: given => `write ${given} Mbit/s`,
    parse: text => withUnit(text, BITS_PER_SECOND),
    format: bits =>
      bits >= 1e9 ? `${bits / 1e9} Gbit/s` : bits >= 1e6 ? `${bits / 1e6} Mbit/s` : `${bits / 1e3} kbit/s`,
    pattern: unitPattern(BITS_PER_SECOND),
    min,
    max,
  })
}

/** A percentage from min to max, as a fraction: `10%` is 0.1. */
export function percent(min: PercentText, max: PercentText): Kind<number, PercentText> {
  return measure({
    name: 'percentage',
    example: '10%',
    hint: given => `write ${given}%`,
    parse: parsePercent,
    format: share => `${Number((share * 100).toFixed(6))}%`,
    pattern: PERCENT,
    min,
    max,
  })
}

/** A size, or a share of the memory this process may count on; as bytes. */
export function memoryShare(min: SizeText): Kind<number, SizeText | PercentText> {
  return {
    name: 'size or percentage of memory',
    expected: `a size such as 512 MiB, or a share of the memory such as 25%, at least ${min}`,
    bounds: `${min} to 90%`,
    schema: { type: 'string', pattern: `${unitPattern(BYTES).source}|${PERCENT.source}` },
    format: formatSize,
    read: (given, surroundings) => readShare(given, parseSize(min)!, surroundings),
  }
}

interface Measure<I> {
  name: string
  example: string
  hint: (given: number) => string
  parse: (text: string) => number | undefined
  format: (value: number) => string
  pattern: RegExp
  min: I
  max: I
}

function measure<I extends string>(unit: Measure<I>): Kind<number, I> {
  const [low, high] = [unit.parse(unit.min)!, unit.parse(unit.max)!]
  const bounds = `${unit.min} to ${unit.max}`
  return {
    name: unit.name,
    expected: `a ${unit.name} such as ${unit.example}, from ${bounds}`,
    bounds,
    schema: { type: 'string', pattern: unit.pattern.source },
    format: unit.format,
    read: given => {
      if (typeof given === 'number') return new Refusal('no-unit', `${given} has no unit: ${unit.hint(given)}`)
      if (typeof given !== 'string') return new Refusal('wrong-type', `${show(given)} is not a ${unit.name}`)
      if (/^[\d.]+$/.test(given)) return new Refusal('no-unit', `${given} has no unit: ${unit.hint(Number(given))}`)
      const value = unit.parse(given)
      if (value === undefined) return new Refusal('bad-value', `${show(given)} is not a ${unit.name}`)
      return value >= low && value <= high ? value : new Refusal('out-of-bounds', `${given} is out of bounds`)
    },
  }
}

function readShare(given: unknown, least: number, { memory }: Surroundings): number | Refusal {
  if (typeof given === 'number') return new Refusal('no-unit', `${given} has no unit: write ${given} MiB or ${given}%`)
  if (typeof given !== 'string') return new Refusal('wrong-type', `${show(given)} is neither size nor percentage`)
  const share = parsePercent(given)
  const bytes = share === undefined ? parseSize(given) : Math.floor(memory * share)
  if (bytes === undefined) return new Refusal('bad-value', `${show(given)} is neither size nor percentage`)
  // What is left has to hold everything but stored bodies: sockets, heaps of all threads, the kernel's own buffers.
  if (bytes > memory * 0.9) return new Refusal('out-of-bounds', `${given} is more than 90% of the memory here`)
  // A share of a small machine is rounded up to the least that works; a size that somebody wrote is not changed.
  if (share !== undefined) return Math.max(bytes, least)
  return bytes >= least ? bytes : new Refusal('out-of-bounds', `${given} is out of bounds`)
}

/** In the largest unit that leaves a whole number. */
function formatDuration(ms: number): string {
  const unit = ['d', 'h', 'min', 's'].find(name => ms > 0 && Number.isInteger(ms / MILLISECONDS[name]!)) ?? 'ms'
  return `${ms / MILLISECONDS[unit]!} ${unit}`
}

/** In the largest unit of which there is a whole one, with two decimals at most. */
function formatSize(bytes: number): string {
  const unit = ['TiB', 'GiB', 'MiB', 'KiB'].find(name => bytes >= BYTES[name]!) ?? 'B'
  return `${Number((bytes / BYTES[unit]!).toFixed(2))} ${unit}`
}

const PERCENT = /^\d+(\.\d+)? ?%$/

function parsePercent(text: string): number | undefined {
  return PERCENT.test(text) ? Number.parseFloat(text) / 100 : undefined
}

const unitPattern = (units: Readonly<Record<string, number>>): RegExp =>
  new RegExp(`^\\d+(\\.\\d+)? ?(${Object.keys(units).join('|')})$`)

function withUnit(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const match = /^(\d+(?:\.\d+)?) ?([a-zA-Z/]+)$/.exec(text)
  if (match === null || !Object.hasOwn(units, match[2]!)) return undefined
  return Math.round(Number(match[1]) * units[match[2]!]!)
}
