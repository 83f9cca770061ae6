// Field lines as text, for whoever writes a head. What could be read as more than one line is refused here, whoever it came
// from (RFC 9110 section 5.5).

import type { Fields } from './fields.ts'
import { isToken } from './tokens.ts'

const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

/** Names that have been found to be tokens: a site speaks with a few dozen. */
const known = new Set<string>()
const REMEMBERED = 1024

/** The lines, each with its line break; undefined where a name or a value is not valid. */
export function fieldLines(fields: Fields): string | undefined {
  let text = ''
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i]!
    const value = fields[i + 1]!
    if (!isName(name) || !isValue(value)) return undefined
    text += `${name}: ${value}\r\n`
  }
  return text
}

/** First line and fields, up to the empty line. Throws where a field is not valid. */
export function headText(firstLine: string, fields: Fields): string {
  const lines = fieldLines(fields)
  if (lines === undefined) throw new Error(`a field of ${JSON.stringify(firstLine)} is not valid`)
  return `${firstLine}${lines}\r\n`
}

/** Whether the text may stand as a field's value, latin1. */
export const isValue = (text: string): boolean => VALUE.test(text)

/** Whether the text is a token, such as a name. */
export function isName(text: string): boolean {
  if (known.has(text)) return true
  if (!isToken(text)) return false
  if (known.size < REMEMBERED) known.add(text)
  return true
}
