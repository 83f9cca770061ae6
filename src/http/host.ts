// The Host field (RFC 9110 section 7.2): which site a request is for. Stricter than the grammar, which lets a name hold
// `'`, `(` or `%00`: those occur in attacks on pages that print their own address, never in a name that resolves.

import { isIPv6 } from 'node:net'

/** A validated host. */
export interface Host {
  /** Lower-case; an IPv6 address keeps its brackets. */
  readonly name: string
  readonly port: number | undefined
  /** Name and port as they go into an address, without an empty port. */
  readonly authority: string
}

/** A name in the DNS has at most 253 characters, and may end with a dot; a colon and a port make 6 more. */
const MAX_NAME = 254
const MAX_LENGTH = MAX_NAME + 6
const NAME = /^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.?$/
const PARTS = /^(\[[0-9a-f:.]+\]|[^[\]:]+)(?::(\d{0,5}))?$/

/** Hosts that came lately: a site has few names, and every request has one. At some 200 bytes each. */
const remembered = new Map<string, Host | undefined>()
const MOST_REMEMBERED = 256

/** The host named by a Host field's value or an authority; undefined when it is empty or not valid. */
export function parseHost(value: string): Host | undefined {
  const known = remembered.get(value)
  if (known !== undefined) return known
  const host = parse(value)
  if (remembered.size >= MOST_REMEMBERED) remembered.clear()
  remembered.set(value, host)
  return host
}

function parse(value: string): Host | undefined {
  if (value.length > MAX_LENGTH) return undefined
  const found = PARTS.exec(value.toLowerCase())
  if (found === null) return undefined
  const [, name, digits] = found
  if (name!.length > MAX_NAME) return undefined
  if (!(name!.startsWith('[') ? isIPv6(name!.slice(1, -1)) : NAME.test(name!))) return undefined
  if (digits === undefined || digits === '') return { name: name!, port: undefined, authority: name! }
  const port = Number(digits)
  return port < 1 || port > 65535 ? undefined : { name: name!, port, authority: `${name}:${port}` }
}
