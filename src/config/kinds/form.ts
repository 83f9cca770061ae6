// What the fields of a form have to be: a map from a field's name to its type and bounds, in the words of HTML forms.

import { Refusal, isMap, show } from '../kind.ts'
import type { Kind } from '../kind.ts'

export const FIELD_TYPES = ['text', 'email', 'number', 'date', 'file'] as const

/** A field as a form must have it. Lengths in characters, of files in bytes. */
export interface FormField {
  readonly name: string
  readonly type: (typeof FIELD_TYPES)[number]
  readonly required: boolean
  readonly minLength: number
  readonly maxLength: number
  /** A regular expression for the whole value, as in HTML; empty for none. */
  readonly pattern: string
}

export interface FormFieldInput {
  type?: (typeof FIELD_TYPES)[number]
  required?: boolean
  minLength?: number
  maxLength?: number
  pattern?: string
}

const MOST_FIELDS = 200
/** Where nothing is said: no person types more, and a pattern has no more to look through. */
const LONGEST = 10_000
const LONGEST_FILE = 1024 * 1024 * 1024

const properties = {
  type: { enum: FIELD_TYPES },
  required: { type: 'boolean' },
  minLength: { type: 'integer', minimum: 0 },
  maxLength: { type: 'integer', minimum: 1 },
  pattern: { type: 'string', maxLength: 1000 },
}

export function formFields(): Kind<FormField[], Record<string, FormFieldInput>> {
  return {
    name: 'map of form fields to what they must be',
    expected: `a map of form fields, each with type (${FIELD_TYPES.join(', ')}), required, minLength, maxLength or pattern`,
    bounds: `at most ${MOST_FIELDS} fields`,
    schema: {
      type: 'object',
      additionalProperties: { type: 'object', properties, additionalProperties: false },
      maxProperties: MOST_FIELDS,
    },
    read: given => {
      if (!isMap(given)) return new Refusal('wrong-type', `${show(given)} is not a map of fields`)
      const entries = Object.entries(given)
      if (entries.length > MOST_FIELDS) return new Refusal('out-of-bounds', `has ${entries.length} fields`)
      const fields: FormField[] = []
      for (const [name, facts] of entries) {
        const field = readField(name, facts)
        if (field instanceof Refusal) return field.below(name)
        fields.push(field)
      }
      return fields
    },
  }
}

function readField(name: string, given: unknown): FormField | Refusal {
  const facts = given === null ? {} : given
  if (!isMap(facts)) return new Refusal('wrong-type', `${show(facts)} does not say what the field must be`)
  const unknown = Object.keys(facts).find(key => !Object.hasOwn(properties, key))
  if (unknown !== undefined) return new Refusal('unknown-option', `${show(unknown)} is not known of a field`)
  const { type = 'text', required = false, minLength = 0, pattern = '' } = facts
  const word = FIELD_TYPES.find(each => each === type)
  if (word === undefined) return new Refusal('bad-value', `${show(type)} is no type of a field`)
  if (typeof required !== 'boolean') return new Refusal('wrong-type', `${show(required)} is not true or false`)
  const maxLength = facts['maxLength'] ?? (word === 'file' ? LONGEST_FILE : LONGEST)
  if (!isLength(minLength) || !isLength(maxLength) || minLength > maxLength)
    return new Refusal('out-of-bounds', 'the lengths are no whole numbers, or the least is above the most')
  if (typeof pattern !== 'string' || !isPattern(pattern))
    return new Refusal('bad-pattern', `${show(pattern)} is no regular expression`)
  return { name, type: word, required, minLength, maxLength, pattern }
}

const isLength = (given: unknown): given is number =>
  typeof given === 'number' && Number.isInteger(given) && given >= 0 && given <= LONGEST_FILE

function isPattern(pattern: string): boolean {
  try {
    return new RegExp(`^(?:${pattern})$`, 'v') instanceof RegExp
  } catch {
    return false
  }
}
