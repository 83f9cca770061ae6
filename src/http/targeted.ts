// Targeted cache control (RFC 9213): a field meant for us, or for caches of our kind, replaces Cache-Control and Expires
// altogether. The site's owner can so say one thing to this shield and another to browsers.

import { parseCacheControl } from './cachecontrol.ts'
import type { Argument, CacheControl } from './cachecontrol.ts'
import { combined } from './fields.ts'
import type { Fields } from './fields.ts'
import { parseDictionary } from './structured.ts'
import type { Item } from './structured.ts'

/** Our target list, the most particular first (RFC 9213 section 2.2). */
const TARGET_LIST: readonly string[] = ['breakwater-cache-control', 'cdn-cache-control']

/** Directives whose value is delta-seconds: only an Integer may stand for it in a targeted field. */
const IN_SECONDS = new Set(['max-age', 's-maxage', 'stale-while-revalidate', 'stale-if-error'])

/** The directives a response is to be judged by, and the lower-case field which they come from. */
export interface ResponsePolicy {
  readonly control: CacheControl
  /** `cache-control`, or the targeted field that replaces it; with the latter Expires is not to be looked at. */
  readonly source: string
}

/**
 * The first field of the target list that is present, valid and not empty, else Cache-Control. A targeted field that
 * fails to parse behaves as if it were absent (RFC 9213 section 2.1).
 */
export function responsePolicy(fields: Fields, targets: readonly string[] = TARGET_LIST): ResponsePolicy {
  for (const source of targets) {
    const control = parseTargeted(combined(fields, source))
    if (control !== undefined) return { control, source }
  }
  return { control: parseCacheControl(combined(fields, 'cache-control')), source: 'cache-control' }
}

/** The directives of a targeted field's value; undefined when it is absent, empty or fails to parse. */
export function parseTargeted(value: string | undefined): CacheControl | undefined {
  const members = value === undefined ? undefined : parseDictionary(value)
  if (members === undefined || members.size === 0) return undefined
  const directives = new Map<string, Argument[]>()
  for (const [name, item] of members) {
    // `no-store=?0` says that the directive does not hold.
    if (item.type !== 'boolean' || item.value) directives.set(name, [argumentOf(name, item)])
  }
  return { directives, malformed: false }
}

/** The item as Cache-Control would have it; a type that does not fit the directive gives an argument nobody can read. */
function argumentOf(name: string, item: Item): Argument {
  if (item.type === 'boolean') return undefined
  if (item.type === 'inner list') return ''
  return IN_SECONDS.has(name) && item.type !== 'integer' ? '' : String(item.value)
}
