// May this response be stored (RFC 9111 section 3, for a shared cache)? A table of objections, asked in order; the first
// that holds is the reason. Beyond the RFC stand the house rules of DESIGN.md, invariant 1: with a session or unknown
// cookie in the request, or a cookie set by the response, only an explicit `public` or `s-maxage` makes it everyone's.

import { coveredFields, isPlain, isPresent, parseCacheControl, seconds } from '../../http/cachecontrol.ts'
import type { CacheControl } from '../../http/cachecontrol.ts'
import { combined, first, has } from '../../http/fields.ts'
import { splitList } from '../../http/lists.ts'
import { isHeuristicallyCacheable, isNeverStored, isUnderstood } from '../../http/status.ts'
import { responsePolicy } from '../../http/targeted.ts'
import { isToken } from '../../http/tokens.ts'
import { parseVary, secondaryKey } from '../../http/vary.ts'
import { Flag } from '../../store/layout.ts'
import { carriesOwnCookie, setsOwnCookie } from './credentials.ts'
import { freshnessOf, lifetimeOf } from './freshness.ts'
import type { Basis, Freshness } from './freshness.ts'
import type { PolicyRequest, PolicyResponse, Times } from './message.ts'
import type { NotStored, Stored } from './reasons.ts'
import type { StoringRules } from './rules.ts'

export type Storing =
  | { readonly store: true; readonly reason: Stored; readonly freshness: Freshness }
  | { readonly store: false; readonly reason: NotStored }

/** What can be said before any date is read: most of what is not stored is found out here. */
interface Glance {
  readonly request: PolicyRequest
  readonly response: PolicyResponse
  readonly rules: StoringRules
  readonly control: CacheControl
}

interface Case extends Glance {
  readonly basis: Basis
  readonly freshness: Freshness
  readonly received: number
}

type Objection<Subject> = (subject: Subject) => NotStored | undefined

/** Asked in this order. */
const atAGlance: readonly Objection<Glance>[] = [
  ({ rules }) => (rules.bypass ? 'bypass-by-rule' : undefined),
  ({ request }) => methodObjection(request.method),
  ({ request }) => (request.hasBody === true && request.method !== 'POST' ? 'request-body' : undefined),
  ({ response }) => (response.complete === false ? 'incomplete' : undefined),
  ({ request }) => (forbidsStoring(request) ? 'request-no-store' : undefined),
  ({ response }) => (hasUnknownTransferCoding(response) ? 'unknown-transfer-coding' : undefined),
  ({ response }) => statusObjection(response.status),
  ({ response, control }) => directiveObjection(response.status, control),
  ({ response }) => (parseVary(response.fields) === '*' ? 'vary-star' : undefined),
  credentialsObjection,
]

/** Asked after those, in this order. */
const withNumbers: readonly Objection<Case>[] = [postObjection, freshnessObjection, useObjection, sizeObjection]

/** The decision, with the numbers for the record when it is to be stored. Pure: the same arguments, the same answer. */
export function storable(request: PolicyRequest, response: PolicyResponse, times: Times, rules: StoringRules): Storing {
  const policy = responsePolicy(response.fields)
  const glance: Glance = { request, response, rules, control: policy.control }
  const reason = firstOf(atAGlance, glance)
  if (reason !== undefined) return { store: false, reason }
  const { basis } = lifetimeOf(response, policy, times.received)
  const freshness = freshnessOf(response, times, rules)
  const subject: Case = { ...glance, basis, freshness, received: times.received }
  const objection = firstOf(withNumbers, subject)
  if (objection !== undefined) return { store: false, reason: objection }
  return { store: true, reason: storedBecause(subject), freshness }
}

function firstOf<Subject>(objections: readonly Objection<Subject>[], subject: Subject): NotStored | undefined {
  for (const objection of objections) {
    const reason = objection(subject)
    if (reason !== undefined) return reason
  }
  return undefined
}

function storedBecause({ basis, freshness, received, rules }: Case): Stored {
  const isFresh = freshness.freshUntil > received && (freshness.flags & Flag.noCache) === 0
  if (!isFresh) return 'stored-to-validate'
  if (rules.lifetime !== undefined) return 'stored-by-rule'
  return basis === 'explicit' ? 'stored-explicit' : basis === 'heuristic' ? 'stored-heuristic' : 'stored-by-rule'
}

/** A HEAD's response has no body to serve to a GET: it updates what is stored instead (RFC 9111 section 4.3.5). */
function methodObjection(method: string): NotStored | undefined {
  if (method === 'GET' || method === 'POST') return undefined
  return method === 'HEAD' ? 'head-not-stored' : 'method-not-stored'
}

const forbidsStoring = (request: PolicyRequest): boolean =>
  isPresent(parseCacheControl(combined(request.fields, 'cache-control')), 'no-store')

/** What these did to the bytes we could not undo; so with every list, in which chunked would not be the last. */
const CODINGS = new Set(['gzip', 'x-gzip', 'deflate', 'compress', 'x-compress'])

/**
 * We ask for no coding, so an origin may use none but chunked (RFC 9112 section 7.4). A single name that is no coding, such
 * as `identity` or `binary`, stands before bytes as they are, which end with the connection (section 6.3).
 */
function hasUnknownTransferCoding(response: PolicyResponse): boolean {
  const codings = splitList(combined(response.fields, 'transfer-encoding') ?? '').map(coding => coding.toLowerCase())
  return codings.length > 1 || codings.some(coding => CODINGS.has(coding) || !isToken(coding))
}

const statusObjection = (status: number): NotStored | undefined =>
  status === 206 ? 'partial-response' : isNeverStored(status) ? 'status-never-stored' : undefined

/** no-store, private and must-understand, which takes no-store's place where we know the status (section 5.2.2.3). */
function directiveObjection(status: number, control: CacheControl): NotStored | undefined {
  const mustUnderstand = isPlain(control, 'must-understand')
  if (isPresent(control, 'must-understand') && !isUnderstood(status)) return 'status-not-understood'
  if (isPresent(control, 'no-store') && !mustUnderstand) return 'response-no-store'
  return coveredFields(control, 'private') === 'all' ? 'private' : undefined
}

/** RFC 9111 section 3.5 names three directives for Authorization; for cookies the house takes the first two alone. */
function credentialsObjection({ request, response, rules, control }: Glance): NotStored | undefined {
  if (isPlain(control, 'public') || typeof seconds(control, 's-maxage') === 'number') return undefined
  if (has(request.fields, 'authorization') && !isPresent(control, 'must-revalidate')) return 'authorization'
  if (carriesOwnCookie(request.fields, rules)) return 'request-cookie'
  return setsOwnCookie(response.fields, rules) ? 'set-cookie' : undefined
}

/** Explicit freshness and a Content-Location that names the target itself (RFC 9110 section 9.3.3). */
function postObjection({ request, response, basis, freshness, received }: Case): NotStored | undefined {
  if (request.method !== 'POST') return undefined
  const location = first(response.fields, 'content-location')
  const isItself = location !== undefined && URL.parse(location, request.uri)?.href === URL.parse(request.uri)?.href
  const isFresh = basis === 'explicit' && freshness.freshUntil > received
  return isItself && isFresh ? undefined : 'post-without-freshness'
}

/** Section 3 asks for explicit freshness, `public`, or a status that may be stored without either. */
function freshnessObjection({ response, control, basis }: Case): NotStored | undefined {
  const needsNone = isHeuristicallyCacheable(response.status) || isPlain(control, 'public')
  return basis === 'none' && !needsNone ? 'no-freshness' : undefined
}

/**
 * Bytes of a key: the longest target by default (8 KiB), and 4 KiB of what the response varies by. Visitors choose those, so
 * that a few long ones could fill the store otherwise.
 */
const MAX_KEY = 12 * 1024
/** Bytes of a stored header section: twice what servers and browsers commonly take, half of the largest that origins may send. */
const MAX_HEADER = 32 * 1024

/** A visitor must not be able to fill the store with keys, nor an origin with fields. */
function sizeObjection({ request, response, rules }: Case): NotStored | undefined {
  const vary = parseVary(response.fields)
  const names = [...(vary === '*' ? [] : vary), ...(rules.keyed?.names ?? [])]
  const variant = names.length === 0 ? 0 : secondaryKey(names, request.fields).length
  if (request.uri.length + variant > MAX_KEY) return 'key-over-bound'
  const bytes = response.fields.reduce((sum, text) => sum + text.length + 2, 0)
  return bytes > MAX_HEADER ? 'header-over-bound' : undefined
}

/** Worth its place: fresh for a while, or usable stale, or one that the origin can confirm with a short 304. */
function useObjection({ freshness, received }: Case): NotStored | undefined {
  if ((freshness.flags & Flag.validator) !== 0) return undefined
  const isEverServed = Math.max(freshness.freshUntil, freshness.revalidateUntil, freshness.errorUntil) > received
  return isEverServed && (freshness.flags & Flag.noCache) === 0 ? undefined : 'of-no-use'
}
