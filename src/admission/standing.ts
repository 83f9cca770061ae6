// Where a request stands in the queue before the origins: its class and its priority. In the order of issue and service:
//
//   0  payments, callbacks, health: classes with `priority: first`, and the path that health checks ask for
//   1  writes of admitted sessions        2  their reads        3  new visitors        4  crawlers, prefetches, `last`

import type { Exchange } from '../exchange.ts'
import { cookiesOf } from '../http/cookies.ts'
import { first } from '../http/fields.ts'
import type { Ask } from '../threads/messages.ts'

export type Standing = Required<Pick<Ask, 'rank' | 'routeClass'>>

/** They say so themselves; who lies gets less. */
const CRAWLER = /bot\b|crawl|spider|slurp|bingpreview|facebookexternalhit/i
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS'])

/** The place of the request's class among those of its site, from 1; 0 for none. */
export const classOf = (exchange: Exchange): number => indexOf(exchange) + 1

export function standingOf(exchange: Exchange): Standing {
  const index = indexOf(exchange)
  return { rank: rankOf(exchange, exchange.site.classes[index]?.priority ?? 'usual'), routeClass: index + 1 }
}

function indexOf({ site, settings, client }: Exchange): number {
  const name = settings.routeClass ?? client.region
  return name === undefined ? -1 : site.classes.findIndex(each => each.name === name)
}

function rankOf(exchange: Exchange, priority: 'first' | 'usual' | 'last'): number {
  const { fields, method, site, target } = exchange
  if (priority === 'first' || (site.origin.health.path !== undefined && target === site.origin.health.path)) return 0
  if (priority === 'last' || isPrefetch(fields)) return 4
  if (isAdmitted(exchange)) return SAFE.has(method) ? 2 : 1
  return CRAWLER.test(first(fields, 'user-agent') ?? '') ? 4 : 3
}

/** A session of the waiting room; where there is none, one of the site's own, by the cookies that a rule names so. */
function isAdmitted({ visit, settings, fields }: Exchange): boolean {
  if (visit?.admitted !== undefined) return true
  const { isSession } = settings
  return isSession !== null && cookiesOf(fields).some(([name]) => isSession(name))
}

/** Sec-Purpose (Fetch), and what browsers sent before it. */
const isPrefetch = (fields: Exchange['fields']): boolean =>
  ['sec-purpose', 'purpose', 'x-moz'].some(name => first(fields, name)?.toLowerCase().includes('prefetch') === true)
