// The site room: which site a host belongs to, and what its rules say of the request. On the way back it makes the changes
// to the answer's header that the rules ask for.

import type { Room } from '../exchange.ts'
import { edited } from '../http/edits.ts'
import { refusalAnswer } from '../refusal.ts'
import type { Sites } from './sites.ts'

export function createSiteRoom(sites: Sites): Room {
  return async (exchange, next) => {
    const site = sites.find(exchange.host)
    if (site === undefined) {
      exchange.outcome = 'refused'
      exchange.reason = 'unknown-host'
      return refusalAnswer(exchange, 'unknown-host')
    }
    exchange.site = site.config
    exchange.settings = site.rules.settingsFor(exchange)
    const answer = await next(exchange)
    const edits = exchange.settings.responseHeaders
    return edits === null ? answer : { ...answer, fields: edited(answer.fields, edits) }
  }
}
