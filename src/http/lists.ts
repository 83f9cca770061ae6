// Comma-separated lists (RFC 9110 section 5.6.1). A comma inside a quoted-string separates nothing; empty members are
// skipped. A quote that never ends could hide directives from us that the next cache sees, so it is read as a plain
// character and the list says that it is malformed.

import { trimSpace } from './tokens.ts'

/** Members of a list field in order. `malformed` is true when a quoted-string in it was never closed. */
export interface List {
  readonly members: readonly string[]
  readonly malformed: boolean
}

/** Splits a list field's value at the commas outside of quotes. Never throws; time grows with the length alone. */
export function parseList(value: string): List {
  const members: string[] = []
  let malformed = false
  let from = 0
  for (let at = 0; at <= value.length; at++) {
    if (value[at] === '"' && !malformed) {
      const end = endOfQuotes(value, at)
      if (end === -1) malformed = true
      else at = end
    } else if (at === value.length || value[at] === ',') {
      const member = trimSpace(value.slice(from, at))
      if (member !== '') members.push(member)
      from = at + 1
    }
  }
  return { members, malformed }
}

/** The members of a list field, as in `parseList`, for those who do not care whether it is well formed. */
export const splitList = (value: string): readonly string[] => parseList(value).members

/** Index of the quote that closes the one at `open`, or -1. */
function endOfQuotes(value: string, open: number): number {
  for (let at = open + 1; at < value.length; at++) {
    if (value[at] === '\\') at++
    else if (value[at] === '"') return at
  }
  return -1
}
