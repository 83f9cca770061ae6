// Cache-Control (RFC 9111 section 5.2), requests and responses alike. Where a value is broken or said twice we read what
// keeps us from serving something we should not: RFC 9111 section 4.2.1 wants invalid freshness to be taken as stale.

import { parseList, splitList } from './lists.ts'
import { isToken, unquote } from './tokens.ts'

/** undefined: no argument was given. An empty string: one was given and cannot be read. */
export type Argument = string | undefined

/** Lower-case directive names with every argument they were given, in order. Unknown directives are kept. */
export interface CacheControl {
  readonly directives: ReadonlyMap<string, readonly Argument[]>
  /** A quote in the field was never closed: no number in it can be trusted. */
  readonly malformed: boolean
}

/** Longer times count as this many seconds, 68 years (RFC 9111 section 1.2.2). */
const MAX_DELTA_SECONDS = 2 ** 31

/** Reads the field's lines, joined with commas, or undefined where there are none. Never throws. */
export function parseCacheControl(value: string | undefined): CacheControl {
  const { members, malformed } = parseList(value ?? '')
  const directives = new Map<string, Argument[]>()
  for (const member of members) {
    const equals = member.indexOf('=')
    const raw = equals === -1 ? member : member.slice(0, equals)
    const name = raw.trimEnd().toLowerCase()
    if (!isToken(name)) continue
    // White space before or after the equals sign is no part of the grammar: the directive stands, its argument does not.
    const argument = equals === -1 ? undefined : raw.length > name.length ? '' : readArgument(member.slice(equals + 1))
    const given = directives.get(name)
    if (given === undefined) directives.set(name, [argument])
    else given.push(argument)
  }
  return { directives, malformed }
}

/** Token or quoted-string; a cache ought to take both for any directive (RFC 9111 section 5.2). */
const readArgument = (text: string): string => (isToken(text) ? text : (unquote(text) ?? ''))

/** True when the directive is there at all: for directives that forbid, whatever argument they were given. */
export const isPresent = (control: CacheControl, name: string): boolean => control.directives.has(name)

/** True when the directive is there without an argument: for directives that allow, such as `public`. */
export const isPlain = (control: CacheControl, name: string): boolean =>
  control.directives.get(name)?.includes(undefined) ?? false

/**
 * The directive's seconds, at most 2^31. `invalid` for anything but digits, and where it is given twice with different
 * values (RFC 9111 section 4.2.1 allows the first value or stale; stale is the safer). undefined when it is absent.
 */
export function seconds(control: CacheControl, name: string): number | 'invalid' | undefined {
  const given = control.directives.get(name)
  if (given === undefined) return undefined
  const values = new Set(given.map(deltaSeconds))
  const [value] = values
  return control.malformed || values.size !== 1 || value === undefined ? 'invalid' : value
}

/** delta-seconds (RFC 9111 section 1.2.2): digits only, cut to 2^31; undefined for anything else. */
export function deltaSeconds(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d+$/.test(text)) return undefined
  return Math.min(Number(text), MAX_DELTA_SECONDS)
}

/**
 * What `no-cache` or `private` covers: lower-case field names from its argument, or `all` for the form without one and
 * for an argument that is no list of names. undefined when the directive is absent (RFC 9111 sections 5.2.2.4, 5.2.2.7).
 */
export function coveredFields(control: CacheControl, name: string): 'all' | readonly string[] | undefined {
  const given = control.directives.get(name)
  if (given === undefined) return undefined
  const names: string[] = []
  for (const argument of given) {
    const listed = splitList(argument ?? '').map(field => field.toLowerCase())
    if (listed.length === 0 || !listed.every(isToken)) return 'all'
    names.push(...listed)
  }
  return control.malformed ? 'all' : names
}
