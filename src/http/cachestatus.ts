// Cache-Status (RFC 9211): what each cache on the way did with the request, the one nearest to the origin first.

import type { Fields } from './fields.ts'

/** Why a request went on to the origin (RFC 9211 section 2.2). */
export type Forwarded = 'bypass' | 'method' | 'uri-miss' | 'vary-miss' | 'miss' | 'request' | 'stale' | 'partial'

/** One cache's member. Everything but the name is optional; `hit` and `fwd` exclude each other. */
export interface CacheStatus {
  readonly cache: string
  readonly hit?: boolean
  readonly fwd?: Forwarded
  /** Status that the origin answered with. */
  readonly fwdStatus?: number
  /** Freshness left in seconds; negative when stale. */
  readonly ttl?: number
  readonly stored?: boolean
  readonly collapsed?: boolean
  readonly key?: string
  readonly detail?: string
}

/** The name of our member. */
export const OUR_NAME = 'breakwater'

/**
 * For an answer that is made here and not by the cache, such as a refusal: why, and nothing of a hit or a forward request. RFC 9211
 * section 2 would leave such answers without the field; here each decision says its reason at one place.
 */
export const becauseOf = (detail: string): Fields => ['Cache-Status', `${OUR_NAME}; detail=${detail}`]

/** Longer keys and details are cut: the field has to fit beside others into a header of 8 KiB. */
const MAX_TEXT = 512
const SF_TOKEN = /^[A-Za-z*][!#$%&'*+\-.^_`|~0-9A-Za-z:/]*$/

/** The member as text, a Structured Fields item with parameters. */
export function formatCacheStatus(status: CacheStatus): string {
  let member = word(status.cache)
  if (status.hit === true) member += '; hit'
  else if (status.fwd !== undefined) member += `; fwd=${status.fwd}`
  if (status.fwdStatus !== undefined) member += `; fwd-status=${Math.trunc(status.fwdStatus)}`
  if (status.ttl !== undefined) member += `; ttl=${integer(status.ttl)}`
  if (status.stored !== undefined) member += status.stored ? '; stored' : '; stored=?0'
  if (status.collapsed !== undefined) member += status.collapsed ? '; collapsed' : '; collapsed=?0'
  if (status.key !== undefined) member += `; key=${string(status.key)}`
  if (status.detail !== undefined) member += `; detail=${word(status.detail)}`
  return member
}

/** The field's value with this member after those of the caches nearer to the origin (RFC 9211 section 2). */
export function appendCacheStatus(existing: string | undefined, status: CacheStatus): string {
  const member = formatCacheStatus(status)
  return existing === undefined || existing.trim() === '' ? member : `${existing}, ${member}`
}

/** Integers of Structured Fields have at most 15 digits (RFC 8941 section 3.3.1). */
const integer = (value: number): number =>
  Math.trunc(Math.max(-999_999_999_999_999, Math.min(999_999_999_999_999, value)))

/** A token where the text is one, else a string. */
const word = (text: string): string => (text.length <= MAX_TEXT && SF_TOKEN.test(text) ? text : string(text))

/** An sf-string: printable ASCII alone; anything else is shown as `?`. */
const string = (text: string): string =>
  `"${text
    .slice(0, MAX_TEXT)
    .replace(/[^\x20-\x7e]/g, '?')
    .replace(/["\\]/g, '\\$&')}"`
