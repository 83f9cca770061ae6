// The header of the request to the origin server: the visitor's fields, less those of the connection and those by which
// an outsider could fake what only a proxy may say, and ours beside them.

import { combined } from '../http/fields.ts'
import type { Fields } from '../http/fields.ts'
import { isHopByHop, withoutNamed } from '../http/hopbyhop.ts'
import { RULES_FIELD } from '../http/vary.ts'
import type { Exchange } from '../exchange.ts'
import type { OriginTarget } from './target.ts'

/**
 * Fields by which somebody outside could name another address, method, client or host than the request has, and so have an
 * answer stored that others get. They go on only where a rule keys them. A list in docs/guides/configure.md says the same.
 */
const OVERRIDES = new Set([
  ...['x-original-url', 'x-original-uri', 'x-rewrite-url', 'x-override-url', 'x-http-destinationurl', 'request-uri'],
  ...['x-original-host', 'x-host', 'x-http-host-override', 'x-proxy-host', 'proxy-host', 'base-url'],
  ...['x-http-method-override', 'x-http-method', 'x-method-override'],
  ...['x-real-ip', 'x-client-ip', 'client-ip', 'true-client-ip', 'x-cluster-client-ip', 'x-original-remote-addr'],
  ...['x-scheme', 'x-url-scheme', 'front-end-https', 'proxy'],
  // Steps that a framework takes for done already (Next.js), or paths that a gateway has put aside.
  ...['x-middleware-subrequest', 'x-middleware-rewrite', 'x-invoke-path', 'x-envoy-original-path'],
])
/** Told anew: the host by origin, the length by the body as it was taken in. Expect was answered by the listener. */
const OURS = new Set(['host', 'content-length', 'expect', 'via', 'forwarded', RULES_FIELD])

type Fate = 'goes on' | 'if keyed' | 'dropped'

/** What becomes of a field, by its name as it was spelled. */
const fates = new Map<string, Fate>()
/** Spellings remembered: browsers use about 60; more are looked at each time. */
const REMEMBERED = 1024

/**
 * Flat list, Host first, of what goes with the message from end to end; its framing is the connection's to tell. `name` is
 * this process's in Via.
 */
export function requestFields(exchange: Exchange, target: OriginTarget, name: string): Fields {
  const { client, host, settings } = exchange
  // This room answers for what leaves, whichever stood before it.
  const fields = withoutNamed(exchange.fields)
  const sent: Fields = ['host', target.host ?? host]
  const edits = settings.requestHeaders
  let via = ''
  for (let i = 0; i < fields.length; i += 2) {
    const field = fields[i]!
    const fate = fateOf(field)
    if (fate === 'goes on' || (fate === 'if keyed' && settings.keyed?.names.includes(field.toLowerCase()) === true)) {
      if (edits === null || !edits.remove.has(field.toLowerCase())) sent.push(field, fields[i + 1]!)
    } else if (field.length === 3 && field.toLowerCase() === 'via') via = `${combined(fields, 'via')}, `
  }
  if (edits !== null) sent.push(...edits.set)
  // So that the origin can leave out what costs it most.
  if (settings.mode !== 'normal') sent.push('breakwater-mode', settings.mode)
  sent.push('via', `${via}${exchange.httpVersion} ${name}`)
  sent.push('forwarded', forwarded(client.address, host, client.scheme))
  sent.push('x-forwarded-for', client.address, 'x-forwarded-host', host, 'x-forwarded-proto', client.scheme)
  return sent
}

/** True when this process stands in the request's Via already: it would go around for ever. */
export function hasPassed(fields: Fields, name: string): boolean {
  for (let i = 0; i < fields.length; i += 2) {
    if (fields[i]!.length === 3 && fields[i]!.toLowerCase() === 'via' && fields[i + 1]!.includes(name)) return true
  }
  return false
}

function fateOf(field: string): Fate {
  const known = fates.get(field)
  if (known !== undefined) return known
  // What CGI makes of a name knows no difference between a dash and an underscore.
  const name = field.toLowerCase().replaceAll('_', '-')
  const isDropped = isHopByHop(name) || OURS.has(name) || name.startsWith('x-forwarded-')
  const fate = isDropped ? 'dropped' : OVERRIDES.has(name) ? 'if keyed' : 'goes on'
  if (fates.size < REMEMBERED) fates.set(field, fate)
  return fate
}

/** RFC 7239 section 4: an IPv6 address stands in brackets, and like a host with a port between quotes. */
function forwarded(address: string, host: string, scheme: string): string {
  const by = address.includes(':') ? `"[${address}]"` : address
  return `for=${by};host=${host.includes(':') ? `"${host}"` : host};proto=${scheme}`
}
