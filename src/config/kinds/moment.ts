// A moment in time and a pace, as options: both say their zone or unit, so that nobody can misread them.

import { Refusal, show } from '../kind.ts'
import type { Kind } from '../kind.ts'

const MOMENT = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:?\d{2})$/

/** A date and time with its offset from UTC, as milliseconds since the epoch. */
export function moment(): Kind<number, string> {
  return {
    name: 'date and time',
    expected: 'a date and time with its offset, such as 2027-05-01T10:00:00+02:00',
    schema: { type: 'string', pattern: MOMENT.source },
    format: ms => new Date(ms).toISOString(),
    read: given => {
      // YAML reads a bare date and time as one.
      const text = given instanceof Date ? given.toISOString().replace(/\.\d+/, '') : given
      if (typeof text !== 'string') return new Refusal('wrong-type', `${show(given)} is not a date and time`)
      if (!MOMENT.test(text)) return new Refusal('bad-value', `${show(text)} is not a date and time with its offset`)
      const ms = Date.parse(text.replace(' ', 'T'))
      return Number.isNaN(ms) ? new Refusal('bad-value', `${text} is on no calendar`) : ms
    },
  }
}

/** Seconds of the units of a pace. */
const PER: Readonly<Record<string, number>> = { s: 1, min: 60, h: 3600 }
const PACE = /^(\d+(?:\.\d+)?) ?\/ ?(s|min|h)$/

export type PaceText = `${number}/${'s' | 'min' | 'h'}`

/** So many in a time (`10/s`, `300/min`), as a number a second; `auto` is null. */
export function paceOrAuto(min: PaceText, max: PaceText): Kind<number | null, PaceText | 'auto'> {
  const parse = (text: string): number | undefined => {
    const match = PACE.exec(text)
    return match === null ? undefined : Number(match[1]) / PER[match[2]!]!
  }
  const [low, high] = [parse(min)!, parse(max)!]
  return {
    name: 'pace, or `auto`',
    expected: `a pace such as 10/s or 300/min, from ${min} to ${max}, or auto`,
    bounds: `${min} to ${max}, or \`auto\``,
    schema: { type: 'string', pattern: `^auto$|${PACE.source}` },
    format: pace => (pace === null ? 'auto' : `${Number(pace.toFixed(4))}/s`),
    read: given => {
      if (given === 'auto') return null
      if (typeof given === 'number') return new Refusal('no-unit', `${given} has no unit: write ${given}/s`)
      const pace = typeof given === 'string' ? parse(given) : undefined
      if (pace === undefined) return new Refusal('bad-value', `${show(given)} is not a pace`)
      return pace >= low && pace <= high ? pace : new Refusal('out-of-bounds', `${show(given)} is out of bounds`)
    },
  }
}

/** A whole number, or `auto`, which is null. */
export function countOrAuto(min: number, max: number): Kind<number | null, number | 'auto'> {
  const bounds = `${min} to ${max}, or \`auto\``
  return {
    name: 'number, or `auto`',
    expected: `a whole number from ${min} to ${max}, or auto`,
    bounds,
    schema: { anyOf: [{ const: 'auto' }, { type: 'integer', minimum: min, maximum: max }] },
    format: value => (value === null ? 'auto' : String(value)),
    read: given => {
      if (given === 'auto') return null
      if (typeof given !== 'number' || !Number.isInteger(given))
        return new Refusal('wrong-type', `${show(given)} is neither a whole number nor auto`)
      return given >= min && given <= max ? given : new Refusal('out-of-bounds', `${given} is out of bounds`)
    },
  }
}
