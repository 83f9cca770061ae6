// Whether a form is what its rule says it must be, before anybody acknowledges it: the same checks that a browser makes from
// the form's own HTML, because not everybody who posts has come by it.

import type { FormField } from '../config/kinds/form.ts'
import type { FormContent } from './content.ts'

/** What is wrong with a field, in words for the visitor. */
export interface Fault {
  readonly field: string
  readonly fault: string
}

/** The HTML standard's own expression for an address (section 4.10.5.1.5). */
const EMAIL =
  /^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$/
const NUMBER = /^-?(\d+\.?\d*|\.\d+)(e[-+]?\d{1,3})?$/i
/** Faults that are told at once. */
const MOST_FAULTS = 20

/**
 * What is wrong with a form that has to be as the rule says (`given`) and as one of the forms of the site's pages asks; of those the one
 * that it is nearest to.
 */
export function leastFaults(
  given: readonly FormField[],
  asked: readonly (readonly FormField[])[],
  content: FormContent,
): Fault[] {
  const names = new Set(given.map(({ name }) => name))
  const all = asked.map(fields => faultsOf([...given, ...fields.filter(({ name }) => !names.has(name))], content))
  return all.sort((one, other) => one.length - other.length)[0] ?? faultsOf(given, content)
}

/** What is wrong; nothing where the form is as it must be. */
function faultsOf(fields: readonly FormField[], content: FormContent): Fault[] {
  const faults: Fault[] = []
  for (const field of fields) {
    const fault = field.type === 'file' ? fileFault(field, content) : valueFault(field, content)
    if (fault !== undefined) faults.push({ field: field.name, fault })
    if (faults.length === MOST_FAULTS) break
  }
  return faults
}

function valueFault(field: FormField, { values }: FormContent): string | undefined {
  const given = (values.get(field.name) ?? []).filter(value => value !== '')
  if (given.every(value => value.trim() === '')) return field.required ? 'is missing' : undefined
  for (const value of given) {
    const fault = faultOf(field, value)
    if (fault !== undefined) return fault
  }
  return undefined
}

function faultOf({ type, minLength, maxLength, pattern }: FormField, value: string): string | undefined {
  // A line break counts once, however it is sent (HTML standard, section 4.10.11).
  const length = value.replaceAll('\r\n', '\n').length
  if (length < minLength) return `is shorter than ${minLength} characters`
  if (length > maxLength) return `is longer than ${maxLength} characters`
  if (type === 'email' && !EMAIL.test(value)) return 'is no e-mail address'
  if (type === 'number' && !NUMBER.test(value)) return 'is no number'
  if (type === 'date' && !isDate(value)) return 'is no date such as 2026-11-21'
  return pattern === '' || compiled(pattern).test(value) ? undefined : 'has not the form that is asked for'
}

function fileFault({ name, required, minLength, maxLength }: FormField, { files }: FormContent): string | undefined {
  const given = (files.get(name) ?? []).filter(bytes => bytes > 0)
  if (given.length === 0) return required ? 'is missing' : undefined
  if (given.some(bytes => bytes < minLength)) return `is smaller than ${minLength} bytes`
  return given.some(bytes => bytes > maxLength) ? `is larger than ${maxLength} bytes` : undefined
}

function isDate(value: string): boolean {
  const [year, month, day] = (/^(\d{4})-(\d\d)-(\d\d)$/.exec(value) ?? []).slice(1).map(Number)
  if (year === undefined || month === undefined || day === undefined) return false
  const date = new Date(Date.UTC(year, month - 1, day))
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day
}

/** Patterns of the config, each compiled once; the config was checked to hold none that cannot be. */
const patterns = new Map<string, RegExp>()

function compiled(pattern: string): RegExp {
  let known = patterns.get(pattern)
  if (known === undefined) patterns.set(pattern, (known = new RegExp(`^(?:${pattern})$`, 'v')))
  return known
}
