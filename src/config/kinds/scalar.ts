// The plain kinds: text, yes or no, whole numbers, one of several words, and lists of any of them.

import { Refusal, formatted, show } from '../kind.ts'
import type { Kind } from '../kind.ts'

/** Text that matches `pattern` whole. `expected` completes "expected …". */
export function text(name: string, expected: string, pattern: RegExp, maxLength = 255): Kind<string, string> {
  return {
    name,
    expected,
    schema: { type: 'string', pattern: pattern.source, maxLength },
    read: given => {
      if (typeof given !== 'string') return new Refusal('wrong-type', `${show(given)} is not text`)
      if (given.length > maxLength)
        return new Refusal('out-of-bounds', `has ${given.length} characters, of ${maxLength}`)
      return pattern.test(given) ? given : new Refusal('bad-value', `${show(given)} cannot be used`)
    },
  }
}

export function flag(): Kind<boolean, boolean> {
  return {
    name: 'true or false',
    expected: 'true or false',
    schema: { type: 'boolean' },
    read: given =>
      typeof given === 'boolean' ? given : new Refusal('wrong-type', `${show(given)} is not true or false`),
  }
}

/** A whole number from min to max, both included. */
export function count(min: number, max: number): Kind<number, number> {
  const bounds = `${min} to ${max}`
  return {
    name: 'number',
    expected: `a whole number from ${bounds}`,
    bounds,
    schema: { type: 'integer', minimum: min, maximum: max },
    read: given => {
      if (typeof given !== 'number' || !Number.isInteger(given))
        return new Refusal('wrong-type', `${show(given)} is not a whole number`)
      return given >= min && given <= max ? given : new Refusal('out-of-bounds', `${given} is out of bounds`)
    },
  }
}

/** One of a few words. */
export function choice<const W extends string>(words: readonly W[]): Kind<W, W> {
  const listed = words.map(word => `\`${word}\``).join(', ')
  return {
    name: 'word',
    expected: `one of ${listed}`,
    bounds: listed,
    schema: { enum: words },
    read: given => words.find(word => word === given) ?? new Refusal('bad-value', `${show(given)} is not known`),
  }
}

/** A list of values of one kind, at most `max`; a single value may be written without the brackets. */
export function listOf<T, I>(kind: Kind<T, I>, max: number, min = 0): Kind<T[], I | I[]> {
  return {
    name: `${kind.name}, or a list of them`,
    expected: `${kind.expected}, or a list of such`,
    bounds: [kind.bounds, `at most ${max}`].filter(part => part !== undefined).join('; '),
    schema: { anyOf: [kind.schema, { type: 'array', items: kind.schema, minItems: min, maxItems: max }] },
    format: values => `[${values.map(value => formatted(kind, value)).join(', ')}]`,
    read: (given, surroundings) => {
      const listed = Array.isArray(given)
      const list: unknown[] = listed ? given : [given]
      if (list.length > max) return new Refusal('out-of-bounds', `has ${list.length} values, of ${max} at most`)
      if (list.length < min) return new Refusal('out-of-bounds', `has ${list.length} values, of ${min} at least`)
      const values: T[] = []
      for (const [index, each] of list.entries()) {
        const value = kind.read(each, surroundings)
        if (!(value instanceof Refusal)) values.push(value)
        else return listed ? withExpected(value, kind).below(index) : value
      }
      return values
    },
  }
}

const withExpected = (refusal: Refusal, kind: Kind<unknown, unknown>): Refusal =>
  new Refusal(refusal.code, refusal.message, refusal.expected ?? kind.expected, refusal.at)
