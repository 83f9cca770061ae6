// The origin server's own name in what visitors follow or keep: Location, Content-Location, Refresh, and the Domain of a
// cookie. An origin that is spoken to by its own name answers with it, and a visitor who followed would leave the shield.

import { isIP } from 'node:net'
import type { Exchange } from '../exchange.ts'
import type { OriginTarget } from './target.ts'

type Visitor = Pick<Exchange, 'host' | 'client'>

/** A URL of the origin itself with the visitor's scheme and host; any other as it is. */
export function visitorsUrl(url: string, visitor: Visitor, target: OriginTarget): string {
  const found = /^(https?):\/\/([^/?#]*)(.*)$/is.exec(url)
  if (found === null) return url
  const [, scheme, authority, rest] = found
  if (!isOwn(authority!.toLowerCase(), scheme!.toLowerCase(), target)) return url
  return `${visitor.client.scheme}://${visitor.host}${rest!}`
}

/** `5; url=https://origin.example.net/next`, as browsers read it. */
export function visitorsRefresh(value: string, visitor: Visitor, target: OriginTarget): string {
  const found = /^(\s*[\d.]+\s*[;,]\s*(?:url\s*=\s*)?)(["']?)(.*)$/is.exec(value)
  if (found === null) return value
  const [, before, quote, url] = found
  return `${before!}${quote!}${visitorsUrl(url!, visitor, target)}`
}

/**
 * A cookie whose Domain is the origin's own host gets the visitor's; browsers would refuse it otherwise. A Domain above
 * the origin's host is left alone: it names a family of hosts that we know nothing of.
 */
export function visitorsCookie(cookie: string, visitor: Visitor, target: OriginTarget): string {
  const found = /;\s*domain\s*=\s*([^;]*)/i.exec(cookie)
  if (found === null) return cookie
  const domain = found[1]!.trim().replace(/^\./, '').toLowerCase()
  if (!ownHosts(target).includes(domain)) return cookie
  const name = visitor.host.replace(/:\d+$/, '')
  const isName = isIP(name.replace(/^\[|\]$/g, '')) === 0 && name.includes('.')
  return cookie.replace(found[0], isName ? `; Domain=${name}` : '')
}

/** Whether an authority in a URL of the scheme is the origin: by its URL, or by the Host it is sent. */
function isOwn(authority: string, scheme: string, target: OriginTarget): boolean {
  const plain = authority.replace(scheme === 'https' ? /:443$/ : /:80$/, '')
  return plain === target.authority || (target.host !== null && plain === target.host)
}

/** Host names without ports. */
const ownHosts = (target: OriginTarget): string[] => [target.hostname, (target.host ?? '').replace(/:\d+$/, '')]
