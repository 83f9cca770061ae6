// Where a ticket holds, and who may use one: a post by the visitor's own hand, from a page of this site.

import type { Exchange } from '../../exchange.ts'
import { first } from '../../http/fields.ts'

/** For which a ticket holds. */
export const placeOf = ({ site, host }: Pick<Exchange, 'site' | 'host'>): string => `${site.name}\n${host}`

/**
 * A post of our own page by the visitor's own hand: browsers say so in Sec-Fetch-Site or Origin, which no page can forge. Who
 * says neither is not trusted.
 */
export function isByOwnHand({ fields, client, host }: Pick<Exchange, 'fields' | 'client' | 'host'>): boolean {
  const [site, origin] = [first(fields, 'sec-fetch-site'), first(fields, 'origin')]
  if (site !== undefined && site !== 'same-origin') return false
  return origin === undefined
    ? site !== undefined
    : URL.parse(origin)?.origin === URL.parse(`${client.scheme}://${host}`)?.origin
}
