// Freshness (RFC 9111 section 4.2): how long a stored response may be used, and how it may be used after that (RFC 5861).
// The answer is a handful of numbers that fit the record in shared memory; nothing of the fields is needed any more.

import { coveredFields, isPlain, isPresent, seconds } from '../../http/cachecontrol.ts'
import type { CacheControl } from '../../http/cachecontrol.ts'
import { parseDateAnyCase } from '../../http/dates.ts'
import { parseEntityTag } from '../../http/etag.ts'
import { all, first } from '../../http/fields.ts'
import type { Fields } from '../../http/fields.ts'
import { isHeuristicallyCacheable } from '../../http/status.ts'
import { responsePolicy } from '../../http/targeted.ts'
import type { ResponsePolicy } from '../../http/targeted.ts'
import { Flag } from '../../store/layout.ts'
import { ageBase, dateValue } from './age.ts'
import type { PolicyResponse, Times } from './message.ts'
import type { StoringRules } from './rules.ts'

/** What a stored response's record holds of its policy. Milliseconds since the epoch; flags as in the store's layout. */
export interface Freshness {
  readonly ageBase: number
  readonly freshUntil: number
  /** End of stale-while-revalidate, or freshUntil. */
  readonly revalidateUntil: number
  /** End of stale-if-error, or freshUntil. */
  readonly errorUntil: number
  readonly flags: number
}

/** Where the lifetime comes from: said by the response, guessed from Last-Modified, or nothing tells. */
export type Basis = 'explicit' | 'heuristic' | 'none'

/** A tenth of the time since the last change is the RFC's own example (section 4.2.2); more than a day is no guess. */
const HEURISTIC_FRACTION = 0.1
const HEURISTIC_CEILING = 24 * 60 * 60 * 1000

/** The numbers of a response that was received at `times`, whether or not it may be stored. */
export function freshnessOf(response: PolicyResponse, times: Times, rules: StoringRules): Freshness {
  const policy = responsePolicy(response.fields)
  const { control } = policy
  const base = ageBase(response.fields, times)
  const freshUntil = ruledEnd(base, lifetimeOf(response, policy, times.received).lifetime, times.received, rules)
  const forbidden =
    isPresent(control, 'must-revalidate') || isPresent(control, 'proxy-revalidate') || neverFresh(control)
  const whileRevalidate = forbidden ? 0 : window(control, 'stale-while-revalidate', rules.staleWhileRevalidate)
  const ifError = forbidden ? 0 : window(control, 'stale-if-error', rules.staleIfError)
  // s-maxage forbids stale responses as proxy-revalidate does (section 5.2.2.10). A window that the origin writes beside
  // it, or the owner's rule, says the opposite for that window in so many words, and is believed.
  const implied = isPresent(control, 's-maxage') && whileRevalidate === 0 && ifError === 0
  return {
    ageBase: base,
    freshUntil,
    revalidateUntil: freshUntil + whileRevalidate,
    errorUntil: freshUntil + ifError,
    flags: flagsOf(response.fields, control) | (forbidden || implied ? Flag.mustRevalidate : 0),
  }
}

/** The freshness lifetime in milliseconds, before rules, and where it comes from. `now` in milliseconds. */
export function lifetimeOf(
  response: PolicyResponse,
  policy: ResponsePolicy,
  now: number,
): { readonly lifetime: number; readonly basis: Basis } {
  const { fields, status } = response
  const explicit = explicitLifetime(fields, policy, now)
  if (explicit !== undefined) return { lifetime: explicit, basis: 'explicit' }
  if (!isHeuristicallyCacheable(status) && !isPlain(policy.control, 'public')) return { lifetime: 0, basis: 'none' }
  const lifetime = heuristicLifetime(fields, now)
  return { lifetime, basis: lifetime > 0 ? 'heuristic' : 'none' }
}

/** s-maxage, else max-age, else Expires minus Date; invalid values are stale (section 4.2.1). */
function explicitLifetime(fields: Fields, { control, source }: ResponsePolicy, now: number): number | undefined {
  const age = seconds(control, 's-maxage') ?? seconds(control, 'max-age')
  if (age !== undefined) return age === 'invalid' ? 0 : age * 1000
  // A targeted field replaces Expires too (RFC 9213 section 2.2).
  const expires = source === 'cache-control' ? all(fields, 'expires') : []
  if (expires.length === 0) return undefined
  // Two lines that differ: the first or stale, says section 4.2.1.
  const same = expires.every(line => line === expires[0])
  const end = same ? parseDateAnyCase(expires[0]!, now) : undefined
  return end === undefined ? 0 : Math.max(0, end - dateValue(fields, now))
}

function heuristicLifetime(fields: Fields, now: number): number {
  const value = first(fields, 'last-modified')
  const modified = value === undefined ? undefined : parseDateAnyCase(value, now)
  if (modified === undefined) return 0
  return Math.min(Math.max(0, (dateValue(fields, now) - modified) * HEURISTIC_FRACTION), HEURISTIC_CEILING)
}

/** The end of the lifetime as rules have it. What a rule gives counts from arrival: it knows nothing of Age. */
function ruledEnd(base: number, lifetime: number, received: number, rules: StoringRules): number {
  if (rules.lifetime !== undefined) return received + rules.lifetime
  const end = base + Math.min(lifetime, rules.lifetimeCeiling ?? Infinity)
  return rules.lifetimeFloor === undefined ? end : Math.max(end, received + rules.lifetimeFloor)
}

/** A window that cannot be read is none; one that the response does not mention is the rule's. */
function window(control: CacheControl, name: string, ruled: number | undefined): number {
  const given = seconds(control, name)
  if (given === undefined) return ruled ?? 0
  return given === 'invalid' ? 0 : given * 1000
}

/** no-cache without field names: never used before the origin has confirmed it (section 5.2.2.4). */
const neverFresh = (control: CacheControl): boolean => coveredFields(control, 'no-cache') === 'all'

function flagsOf(fields: Fields, control: CacheControl): number {
  const tag = parseEntityTag(first(fields, 'etag'))
  const modified = first(fields, 'last-modified')
  const hasValidator = tag !== undefined || (modified !== undefined && parseDateAnyCase(modified, 0) !== undefined)
  return (
    (neverFresh(control) ? Flag.noCache : 0) |
    (isPlain(control, 'immutable') ? Flag.immutable : 0) |
    (hasValidator ? Flag.validator : 0) |
    (tag?.weak === true ? Flag.weakEtag : 0)
  )
}
