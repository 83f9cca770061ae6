// Fields that belong to one connection (RFC 9110 section 7.6.1): never forwarded, never stored, in either direction.

import { combined, without } from './fields.ts'
import type { Fields } from './fields.ts'
import { splitList } from './lists.ts'

/** Hop-by-hop by definition, listed in Connection or not. Trailers are announced anew by whoever sends them on. */
// prettier-ignore
const HOP_BY_HOP = new Set([
  'connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'te', 'trailer', 'upgrade', 'http2-settings',
  'proxy-authenticate', 'proxy-authentication-info', 'proxy-authorization',
])

/**
 * Intended for every recipient, so a connection option must not name them (RFC 9110 section 7.6.1). One that does comes
 * from an attack or a mistake; obeying it would take away the length, the credentials or the caching rules of a message
 * behind our back, so the option is ignored.
 */
// prettier-ignore
const END_TO_END = new Set([
  'host', 'content-length', 'content-type', 'content-encoding', 'content-range', 'authorization', 'cookie', 'set-cookie',
  'cache-control', 'vary', 'date', 'age', 'expires', 'etag', 'last-modified',
])

/** True for a lower-case name that is hop-by-hop in every message. */
export const isHopByHop = (name: string): boolean => HOP_BY_HOP.has(name)

/** The lower-case field names that this message's Connection field adds. */
export function connectionOptions(fields: Fields): ReadonlySet<string> {
  const value = combined(fields, 'connection')
  if (value === undefined) return NONE
  const names = splitList(value).map(option => option.toLowerCase())
  return new Set(names.filter(name => !END_TO_END.has(name)))
}

const NONE: ReadonlySet<string> = new Set()

/** The fields without those that this message's Connection field adds to the ones of every message: the same list where it adds none. */
export function withoutNamed(fields: Fields): Fields {
  for (let i = 0; i < fields.length; i += 2)
    if (fields[i]!.length === 10 && !PLAIN.has(fields[i + 1]!) && fields[i]!.toLowerCase() === 'connection') {
      const named = connectionOptions(fields)
      return without(fields, name => named.has(name) && !HOP_BY_HOP.has(name))
    }
  return fields
}

/** Connection fields that name no other field: nearly all are one of them. */
const PLAIN = new Set(['keep-alive', 'close', 'Keep-Alive', 'Upgrade'])

/** A copy of the fields without those of the connection, for forwarding and for storing. */
export function withoutHopByHop(fields: Fields): Fields {
  const named = connectionOptions(fields)
  return without(fields, name => HOP_BY_HOP.has(name) || named.has(name))
}
