// What a kept form says, field by field, for the few who have to look into it: whose it is, and where its receipt is to be sent.

import type { FormHead } from '../threads/forms.ts'

/** Values by name; a field that came several times has several. Empty where the content cannot be read. */
export function fieldsOf(head: Pick<FormHead, 'fields'>, content: Buffer): Map<string, string[]> {
  const type = typeOf(head)
  if (isJson(type)) return inJson(content)
  if (/^multipart\//i.test(type)) return inParts(type, content)
  const values = new Map<string, string[]>()
  for (const [name, value] of new URLSearchParams(content.toString('utf8'))) put(values, name, value)
  return values
}

/** For exports: a field that came once as its value, else the list of its values. Members of JSON that are no text are as JSON has them. */
export function valuesOf(head: Pick<FormHead, 'fields'>, content: Buffer): Record<string, string | string[]> {
  if (isJson(typeOf(head))) return membersOf(content)
  return Object.fromEntries([...fieldsOf(head, content)].map(([name, all]) => [name, all.length === 1 ? all[0]! : all]))
}

function membersOf(content: Buffer): Record<string, string | string[]> {
  try {
    const members = Object.entries(JSON.parse(content.toString('utf8')) as object).map(
      ([name, value]: [string, unknown]) => [name, Array.isArray(value) ? value.map(textOf) : textOf(value)],
    )
    return Object.fromEntries(members) as Record<string, string | string[]>
  } catch {
    return {}
  }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''))

const typeOf = ({ fields }: Pick<FormHead, 'fields'>): string =>
  fields.find((_, i) => i % 2 === 1 && fields[i - 1] === 'content-type') ?? ''
const isJson = (type: string): boolean => /^application\/json/i.test(type)

/** Whether any field has this value, whatever its case and the blanks around it. */
export function says(values: ReadonlyMap<string, readonly string[]>, wanted: string): boolean {
  const sought = wanted.trim().toLowerCase()
  return [...values.values()].some(all => all.some(value => value.trim().toLowerCase() === sought))
}

/** Members of objects within are found by their own names. */
function inJson(content: Buffer): Map<string, string[]> {
  const values = new Map<string, string[]>()
  try {
    JSON.parse(content.toString('utf8'), (name, value: unknown) => {
      if (typeof value === 'string' || typeof value === 'number') put(values, name, String(value))
      return value
    })
  } catch {
    // It was taken as it was; there is nothing to be read in it.
  }
  return values
}

/** Fields of a multipart form; files have their bytes looked at by nobody. */
function inParts(type: string, content: Buffer): Map<string, string[]> {
  const boundary = /;\s*boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(type)?.slice(1).find(Boolean) ?? ''
  const values = new Map<string, string[]>()
  for (const part of content.toString('latin1').split(`--${boundary}`)) {
    const end = part.indexOf('\r\n\r\n')
    const head = part.slice(0, Math.max(0, end))
    const name = /;\s*name="([^"]*)"/i.exec(head)?.[1]
    if (name === undefined || /;\s*filename="/i.test(head)) continue
    put(values, utf8(name), utf8(part.slice(end + 4, -2)))
  }
  return values
}

const utf8 = (bytes: string): string => Buffer.from(bytes, 'latin1').toString('utf8')

function put(values: Map<string, string[]>, name: string, value: string): void {
  const known = values.get(name)
  if (known === undefined) values.set(name, [value])
  else known.push(value)
}
