// Requests that go to the origin for one visitor alone: still looked at on the way back, since a page found not storable a
// minute ago may be storable now, a HEAD says something of what is stored for GET, and a POST makes it untrue.

import type { Answer, Exchange, Next } from '../exchange.ts'
import type { Forwarded } from '../http/cachestatus.ts'
import { has } from '../http/fields.ts'
import type { ReasonCode } from '../reasons.ts'
import { keyPrefix } from '../store/keys.ts'
import { bodyBytes } from '../store/on-disk.ts'
import { cacheStatus, settledBy } from './answer.ts'
import { decide, keep } from './keep.ts'
import { keyEnd, keyFields } from './key.ts'
import { findResponse, storedLines } from './lookup.ts'
import { invalidatedTargets, isSafe } from './policy/invalidate.ts'
import { invalidatedGroups } from './policy/tags.ts'
import { headVerdict } from './policy/validate.ts'
import type { HeadVerdict } from './policy/validate.ts'
import type { Cache } from './types.ts'

/** Passes the exchange on, and stores what comes if it may be stored after all. */
export async function passThrough(cache: Cache, exchange: Exchange, next: Next): Promise<Answer> {
  const answer = await pass(cache, exchange, next)
  if (answer.origin === undefined) return answer
  const isHead = exchange.method === 'HEAD'
  if (!isHead && !has(exchange.fields, 'range')) return keep(cache, exchange, answer, 0)
  exchange.reason ??= isHead ? 'head-not-stored' : 'request-range'
  return isHead ? afterHead(cache, exchange, answer, 'uri-miss') : marked(exchange, answer, 'uri-miss')
}

/** Passes on what the store has no part in. An unsafe method makes untrue what is stored for its target (RFC 9111, 4.4). */
export async function passBy(cache: Cache, exchange: Exchange, next: Next): Promise<Answer> {
  const { method, target, host, site, client } = exchange
  const answer = await pass(cache, exchange, next)
  if (answer.upgrade !== undefined) {
    exchange.reason ??= 'protocol-change'
    return marked(exchange, answer, 'bypass')
  }
  if (answer.origin === undefined) return answer
  const base = `${client.scheme}://${host}`
  const targets = isSafe(method) ? [] : invalidatedTargets({ method, base, target }, answer.status, answer.fields)
  const prefix = keyPrefix(site.name, client.scheme, host)
  const keys = targets.map(each => prefix + keyEnd(each, exchange.settingsOf(each)))
  const place = { site: site.name, scheme: client.scheme, host }
  const groups = isSafe(method) ? [] : invalidatedGroups(place, answer.status, answer.fields)
  if (keys.length > 0 || groups.length > 0) await cache.core.invalidate(keys, groups)
  if (method === 'POST' && !exchange.settings.bypass) {
    const asGet = getOf(exchange, answer)
    if (decide({ ...exchange, ...asGet }, answer).store) return keep(cache, Object.assign(exchange, asGet), answer, 0)
  }
  if (method === 'GET' && exchange.settings.bypass) cache.decided(exchange, answer, 'bypass-by-rule', false)
  exchange.reason ??= passedBecause(exchange)
  return marked(exchange, answer, method === 'GET' || method === 'HEAD' ? 'bypass' : 'method')
}

/** Why the store has no part in it. */
function passedBecause({ method, settings, upgrade }: Exchange): ReasonCode {
  if (method !== 'GET' && method !== 'HEAD') return 'method-not-stored'
  if (settings.bypass) return 'bypass-by-rule'
  return upgrade === undefined ? 'request-body' : 'protocol-change'
}

/**
 * What the origin says is the page as it is now answers a GET (RFC 9110 section 9.3.3), by the rules for that. The origin has
 * seen every cookie of the request, so none of them makes no difference.
 */
function getOf(exchange: Exchange, { status, fields }: Answer): Pick<Exchange, 'settings' | 'key' | 'fields'> {
  const { target, site, client, host } = exchange
  const rules = exchange.settingsOf(target)
  const { responseHeaders } = settledBy(exchange.settings, status, fields)
  const own = { ignoresCookie: null, ignoresSetCookie: null, dropsCookie: null, responseHeaders, onResponse: null }
  const settings = { ...settledBy(rules, status, fields), ...own }
  const key = keyPrefix(site.name, client.scheme, host) + keyEnd(target, rules)
  return { settings, key, fields: keyFields(exchange.fields, settings) }
}

function pass(cache: Cache, exchange: Exchange, next: Next): Promise<Answer> {
  exchange.purges = cache.index.purgedTags.count
  exchange.intent = 'pass'
  exchange.outcome = 'pass'
  return next(exchange)
}

/** RFC 9111 section 4.3.5: what a HEAD tells of the stored response to GET. Only a flight (fetch.ts) renews it. */
export async function afterHead(cache: Cache, exchange: Exchange, answer: Answer, fwd: Forwarded): Promise<Answer> {
  if (verdictOf(cache, exchange, answer) === 'stale') await cache.core.invalidate([exchange.key!])
  return marked(exchange, answer, fwd)
}

/** What the answer to a HEAD says of what is stored now. */
export function verdictOf(cache: Cache, exchange: Exchange, answer: Answer): HeadVerdict {
  const found = findResponse(cache.index, exchange.key!, exchange.fields, exchange.settings.isSession)
  if (found === undefined) return 'leave'
  const length = bodyBytes(cache.index.segments, found.ref)
  return headVerdict(storedLines(cache.index, found), answer.status, answer.fields, length)
}

/** Says in Cache-Status that the request went on, and why. */
function marked(exchange: Exchange, answer: Answer, fwd: Forwarded): Answer {
  const detail = exchange.reason === undefined ? {} : { detail: exchange.reason }
  answer.fields = [...answer.fields, 'Cache-Status', cacheStatus({ fwd, fwdStatus: answer.status, ...detail })]
  return answer
}
