// Preconditions in the order of RFC 9110 section 13.2.2, evaluated against one stored response. A cache must not evaluate
// If-Match and If-Unmodified-Since (RFC 9111 section 4.3.2), so such a request is the origin's; where we are the origin
// ourselves (a frozen site) they count.

import { parseDate } from './dates.ts'
import { listMatches, matchesStrongly, parseEntityTag } from './etag.ts'
import { all, combined, first, has } from './fields.ts'
import type { Fields } from './fields.ts'
import { parseRange } from './ranges.ts'
import type { ByteRange } from './ranges.ts'

/** The stored response as far as preconditions look at it. */
export interface Selected {
  readonly status: number
  readonly fields: Fields
  /** Bytes of the whole stored body; undefined while it is still coming, when no range can be cut from it. */
  readonly length: number | undefined
  /** When it was received, in milliseconds: stands in for a missing Last-Modified and Date. */
  readonly receivedAt: number
}

export type Evaluation =
  | { readonly answer: 'full' | 'not modified' | 'precondition failed' | 'range not satisfiable' | 'ask the origin' }
  | { readonly answer: 'range'; readonly ranges: readonly ByteRange[] }

/** `cache`: we stand before the origin. `origin`: what is stored is the truth. */
export type Role = 'cache' | 'origin'

/** How a GET or HEAD is to be answered from the stored response. `now` in milliseconds. */
export function evaluate(
  method: string,
  request: Fields,
  stored: Selected,
  now: number,
  role: Role = 'cache',
): Evaluation {
  // Without the preconditions the answer would be no 2xx: they are ignored (section 13.2.1), and so is Range.
  if (stored.status < 200 || stored.status > 299) return { answer: 'full' }
  const guard = evaluateGuards(request, stored, now, role)
  if (guard !== undefined) return { answer: guard }
  if (isNotModified(request, stored, now)) return { answer: 'not modified' }
  const range = first(request, 'range')
  if (method !== 'GET' || range === undefined || stored.status !== 200 || stored.length === undefined)
    return { answer: 'full' }
  return rangeAllowed(request, stored, now) ? cut(all(request, 'range'), stored.length) : { answer: 'full' }
}

/** Steps 1 and 2: If-Match, and If-Unmodified-Since where there is no If-Match. */
function evaluateGuards(
  request: Fields,
  stored: Selected,
  now: number,
  role: Role,
): 'precondition failed' | 'ask the origin' | undefined {
  const match = combined(request, 'if-match')
  const since = first(request, 'if-unmodified-since')
  if (match === undefined && since === undefined) return undefined
  if (role === 'cache') return 'ask the origin'
  if (match !== undefined) {
    return listMatches(match, etagOf(stored), matchesStrongly) ? undefined : 'precondition failed'
  }
  const [limit, modified] = [parseDate(since!, now), lastModified(stored, now)]
  return limit !== undefined && modified !== undefined && modified > limit ? 'precondition failed' : undefined
}

/** Steps 3 and 4: If-None-Match, and If-Modified-Since where there is no If-None-Match. */
function isNotModified(request: Fields, stored: Selected, now: number): boolean {
  const noneMatch = combined(request, 'if-none-match')
  if (noneMatch !== undefined) return listMatches(noneMatch, etagOf(stored))
  const lines = all(request, 'if-modified-since')
  const since = lines.length === 1 ? parseDate(lines[0]!, now) : undefined
  if (since === undefined) return false
  const date = first(stored.fields, 'date')
  // Without Last-Modified its Date, or the time it was received, is compared instead (RFC 9111 section 4.3.2).
  const fallback = (date === undefined ? undefined : parseDate(date, now)) ?? stored.receivedAt
  return (lastModified(stored, now) ?? fallback) <= since
}

/** Step 5: True when there is no If-Range, or it names exactly what is stored (RFC 9110 section 13.1.5). */
function rangeAllowed(request: Fields, stored: Selected, now: number): boolean {
  if (!has(request, 'if-range')) return true
  const condition = first(request, 'if-range')!.trim()
  const tag = parseEntityTag(condition)
  if (tag?.quoted === true) {
    const etag = etagOf(stored)
    return etag !== undefined && matchesStrongly(tag, etag)
  }
  const date = parseDate(condition, now)
  return date !== undefined && date === lastModified(stored, now) && isStrongDate(stored, date, now)
}

/** A date is a strong validator when the response was made at least a second after it (RFC 9110 section 8.8.2.2). */
function isStrongDate(stored: Selected, modified: number, now: number): boolean {
  const date = first(stored.fields, 'date')
  const made = date === undefined ? undefined : parseDate(date, now)
  return made !== undefined && made - modified >= 1000
}

function cut(lines: readonly string[], length: number): Evaluation {
  const ranges = lines.length === 1 ? parseRange(lines[0]!, length) : 'whole'
  if (ranges === 'whole') return { answer: 'full' }
  return ranges === 'not satisfiable' ? { answer: 'range not satisfiable' } : { answer: 'range', ranges }
}

const etagOf = (stored: Selected) => parseEntityTag(first(stored.fields, 'etag'))

function lastModified(stored: Selected, now: number): number | undefined {
  const value = first(stored.fields, 'last-modified')
  return value === undefined ? undefined : parseDate(value, now)
}
