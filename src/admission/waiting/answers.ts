// What those who wait are answered: a page for people, problem details (RFC 9457) with the place for programs. Which of the
// two is decided by Accept, and by Sec-Fetch-Mode: what a script fetches is for no person to read.

import { STATUS_CODES } from 'node:http'
import type { Answer } from '../../exchange.ts'
import { preferredType } from '../../http/accept.ts'
import { first } from '../../http/fields.ts'
import type { Fields } from '../../http/fields.ts'
import { reasons } from '../../reasons.ts'
import type { ReasonCode } from '../../reasons.ts'
import type { Place } from './place.ts'

const OFFERS = ['text/html', 'application/problem+json', 'application/json'] as const

/** A person in front of a browser will read the answer. */
export function wantsPage(fields: Fields): boolean {
  const mode = first(fields, 'sec-fetch-mode')
  if (mode !== undefined && mode !== 'navigate') return false
  return (preferredType(fields, OFFERS) ?? 'text/html') === 'text/html'
}

/** What belongs to a page that somebody else shows: no queue is joined for an image or a style sheet. */
export function isPartOfPage(fields: Fields): boolean {
  const destination = first(fields, 'sec-fetch-dest')
  return destination !== undefined && !['document', 'iframe', 'frame', 'empty'].includes(destination)
}

/** Never stored, never indexed. */
export const FIELDS: Fields = [
  ...['Cache-Control', 'no-store', 'X-Robots-Tag', 'noindex', 'Vary', 'Accept, Cookie, Sec-Fetch-Mode'],
  ...['X-Content-Type-Options', 'nosniff', 'Referrer-Policy', 'same-origin'],
]

/** For programs: the place, the estimate and when to ask again beside what RFC 9457 asks for. */
export function problemAnswer(
  code: ReasonCode,
  status: number,
  place: Place,
  more: { ticket?: string; poll?: string; note?: ReasonCode | undefined } = {},
): Answer {
  const body = {
    type: 'about:blank',
    title: STATUS_CODES[status],
    status,
    detail: reasons[code].prose,
    reason: code,
    ...placeMembers(place),
    ...more,
  }
  const fields = [...FIELDS, 'Content-Type', 'application/problem+json', ...retryAfter(place)]
  return { status, fields, body: Buffer.from(JSON.stringify(body)) }
}

/** The members that a poll and a problem share. `place` counts from 1; times are seconds. */
export function placeMembers({ state, ahead, estimate, opensIn, next }: Place): Record<string, unknown> {
  return { state, place: state === 'waiting' ? ahead + 1 : null, estimate, opensIn, next }
}

export const retryAfter = ({ next }: Place): Fields => ['Retry-After', String(Math.ceil(next))]
