// Age (RFC 9111 sections 4.2.3 and 5.1): how long ago the origin made or validated a response, as far as can be told.

import { deltaSeconds } from '../../http/cachecontrol.ts'
import { parseDateAnyCase } from '../../http/dates.ts'
import { combined, first, has } from '../../http/fields.ts'
import type { Fields } from '../../http/fields.ts'
import { splitList } from '../../http/lists.ts'
import type { Times } from './message.ts'

/** The Age field in seconds: the first member of a list, 0 where that is missing or not a number (section 5.1). */
const ageValue = (fields: Fields): number => deltaSeconds(splitList(combined(fields, 'age') ?? '')[0]) ?? 0

/** When the origin made the response; a missing or invalid Date counts as the time of its arrival (RFC 9110, 6.6.1). */
export function dateValue(fields: Fields, received: number): number {
  const date = first(fields, 'date')
  return (date === undefined ? undefined : parseDateAnyCase(date, received)) ?? received
}

/**
 * The moment at which the response's age was zero: its current age at `now` is `now - ageBase`. This is the RFC's
 * corrected_initial_age, taken from the time of arrival once and for all.
 */
export function ageBase(fields: Fields, times: Times): number {
  const date = dateValue(fields, times.received)
  // Date has whole seconds. In or after the second of the request it says only that the response was made after that,
  // which the response's delay covers already; without this, one in a second would be stale at birth.
  const madeBefore = date < wholeSecond(times.requested)
  const apparent = madeBefore ? times.received - date : 0
  return times.received - Math.max(apparent, ageValue(fields) * 1000 + delay(fields, times))
}

const wholeSecond = (time: number): number => Math.floor(time / 1000) * 1000

/**
 * The response's delay in milliseconds. It is counted because an Age that a cache on the way sent was true when it was sent.
 * Where no Age came, Date says that the origin itself has just made the response, and the time it took to make it is no age:
 * else a page of a second's lifetime would be stale at birth, and asked for by each visitor, just when the origin is slow.
 */
function delay(fields: Fields, times: Times): number {
  const whole = Math.max(0, times.received - times.requested)
  const date = first(fields, 'date')
  const made = date === undefined || has(fields, 'age') ? undefined : parseDateAnyCase(date, times.received)
  return made === undefined ? whole : Math.min(whole, Math.max(0, wholeSecond(times.received) - made))
}

/** The Age field to send: whole seconds, never negative (RFC 9111 section 5.1). */
export const currentAge = (base: number, now: number): number => Math.max(0, Math.floor((now - base) / 1000))
