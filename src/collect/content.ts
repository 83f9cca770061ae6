// What a form says: its fields and files, out of the three contents that browsers and apps send. Values are text; a field
// that came several times has several.

import type { Format } from './media.ts'

export interface FormContent {
  readonly values: ReadonlyMap<string, readonly string[]>
  /** Sizes in bytes of the files that came, by the name of their field. */
  readonly files: ReadonlyMap<string, readonly number[]>
}

/** More fields than this are no form that a person fills in; each costs a few hundred bytes while it is looked at. */
export const MOST_FIELDS = 1000

const NO_FILES: ReadonlyMap<string, readonly number[]> = new Map()

/** The fields of an urlencoded or JSON form; undefined where the bytes are none. */
export function readContent(bytes: Buffer, format: Exclude<Format['type'], 'multipart'>): FormContent | undefined {
  const values = format === 'json' ? jsonValues(bytes) : urlencodedValues(bytes)
  return values === undefined ? undefined : { values, files: NO_FILES }
}

/** A pair is a field; nothing that can be percent-decoded is wrong (WHATWG URL, section 5.1). */
function urlencodedValues(bytes: Buffer): Map<string, string[]> | undefined {
  const values = new Map<string, string[]>()
  let fields = 0
  for (const [name, value] of new URLSearchParams(bytes.toString('utf8'))) {
    if (++fields > MOST_FIELDS) return undefined
    add(values, name, value)
  }
  return values
}

/** The members of the object. A list is a field that came several times; what is no text is taken as JSON writes it. */
function jsonValues(bytes: Buffer): Map<string, string[]> | undefined {
  let given: unknown
  try {
    given = JSON.parse(bytes.toString('utf8'))
  } catch {
    return undefined
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return undefined
  const members = Object.entries(given)
  if (members.length > MOST_FIELDS) return undefined
  const values = new Map<string, string[]>()
  for (const [name, value] of members)
    for (const each of Array.isArray(value) ? (value as unknown[]) : [value])
      if (each !== null) add(values, name, textOf(each))
  return values
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''))

export function add<T>(map: Map<string, T[]>, name: string, value: T): void {
  const known = map.get(name)
  if (known === undefined) map.set(name, [value])
  else known.push(value)
}
