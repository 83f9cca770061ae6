// The site room: which site a host belongs to, and what its rules say of the request. On the way back it makes the changes
// to the answer's header that the rules ask for.

import type { Room } from '../exchange.ts'
import { edited } from '../http/edits.ts'
import { first } from '../http/fields.ts'
import { withStrictTransport } from '../http/hsts.ts'
import { refusalAnswer } from '../refusal.ts'
import { answerInstead } from './instead.ts'
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
    const { host, fields } = exchange
    exchange.settingsOf = (target, method = 'GET') => site.rules.settingsFor({ method, host, target, fields })
    const answer = answerInstead(exchange) ?? (await next(exchange))
    const { onResponse, isSettled } = exchange.settings
    // What came from the store has been settled by what is stored, be the answer a 304.
    if (onResponse !== null && !isSettled) {
      exchange.settings = onResponse(answer.status, first(answer.fields, 'content-type'))
    }
    const { responseHeaders } = exchange.settings
    const { value } = site.config.hsts
    const isStrict = value !== undefined && exchange.client.scheme === 'https'
    const edits = isStrict ? withStrictTransport(responseHeaders, value) : responseHeaders
    return edits === null ? answer : { ...answer, fields: edited(answer.fields, edits) }
  }
}
