// Header lines as undici hands them out, a buffer for each name and value, made into strings at once: they are pieces of
// what was read from the socket, so one copy of the whole section and slices of it cost a fifth of a copy for each.

import type { Fields } from '../http/fields.ts'

/** Bytes between the first and the last piece at most; the section is bounded by connections.ts. */
const SECTION = 64 * 1024
/** Flat list of names and values. llhttp lets no byte pass that no field may hold (RFC 9110 section 5.5). */
export const decodeFields = (raw: readonly Buffer[]): Fields =>
  sliced(raw) ?? raw.map(piece => piece.toString('latin1'))

/** All pieces out of one string; undefined where they do not lie one after the other in one buffer. */
function sliced(raw: readonly Buffer[]): Fields | undefined {
  if (raw.length === 0) return []
  const first = raw[0]!
  const last = raw[raw.length - 1]!
  const from = first.byteOffset
  const length = last.byteOffset + last.length - from
  if (first.buffer !== last.buffer || length <= 0 || length > SECTION) return undefined
  const text = Buffer.from(first.buffer, from, length).toString('latin1')
  const fields: Fields = []
  let end = 0
  for (const piece of raw) {
    const at = piece.byteOffset - from
    if (at < end || at + piece.length > length || piece.buffer !== first.buffer) return undefined
    end = at + piece.length
    fields.push(text.slice(at, end))
  }
  return fields
}
