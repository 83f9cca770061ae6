// The client room: who asks, behind trusted proxies, and whether they ask too often. It stands at two places of the line: before
// the cache, where every request counts, and behind it, where those alone come that the origin server would have to answer.

import type { Limiter } from '../board/limiter.ts'
import type { RateSettings } from '../config/types.ts'
import { SERVE_STALE } from '../exchange.ts'
import type { Answer, Exchange, Next, Room } from '../exchange.ts'
import { refusalAnswer } from '../refusal.ts'
import type { Conducts } from './conduct.ts'
import type { Lists } from './lists.ts'
import type { FindClient } from './proxies.ts'
import type { Quotas, Verdict } from './quota.ts'
import { toHttps } from './to-https.ts'

export interface ClientDeps {
  /** Read for each request, so that a new config takes effect at the next one. */
  findClient: () => FindClient
  quotas: Quotas
  lists: Lists
  /** The port of HTTPS that plain requests are sent to; null: they stay. */
  httpsPort: () => number | null
}

/** Before the cache. On the way back it tells the visitor what is left of a limit, wherever that was counted. */
export function createClientRoom({ findClient, quotas, lists, httpsPort }: ClientDeps): Room {
  return (exchange, next) => {
    exchange.client = findClient()(exchange.peer, exchange.fields)
    if (exchange.site.classes.length > 0)
      exchange.client.region = lists.regionOf(exchange.site.name, exchange.client.address)
    if (lists.areThere) {
      const standing = lists.standing(exchange.client.address)
      if (standing === 'denied') return Promise.resolve(refuse(exchange, 'denied'))
      exchange.client.isAllowed = standing === 'allowed'
    }
    const elsewhere = toHttps(exchange, httpsPort())
    if (elsewhere !== undefined) return Promise.resolve(elsewhere)
    const rate = rateFor(exchange)
    if (rate === null) return next(exchange)
    if (rate.counts === 'origin') return next(exchange).then(answer => withQuota(exchange, answer))
    const go = (verdict: Verdict): Promise<Answer> => {
      exchange.quota = verdict.fields
      return verdict.ok
        ? next(exchange).then(answer => withQuota(exchange, answer))
        : Promise.resolve(withQuota(exchange, refuse(exchange, 'rate-limited', verdict.retryAfter)))
    }
    return counted(quotas, rate, exchange, go)
  }
}

/** What `go` makes of it, at once where this machine can tell by itself. */
function counted(
  quotas: Quotas,
  rate: RateSettings,
  exchange: Exchange,
  go: (verdict: Verdict) => Promise<Answer>,
): Promise<Answer> {
  if (!quotas.isShared(rate)) return go(quotas.take(rate, exchange))
  return quotas.takeTogether(rate, exchange.site.name, exchange).then(go)
}

export interface CostDeps extends Pick<ClientDeps, 'quotas'> {
  conducts: Conducts
  places: Limiter
  /** Read for each request. */
  slows: () => boolean
}

/** Behind the cache. A refresh is nobody's request, and was begun for one that has been counted. */
export function createCostRoom({ quotas, conducts, places, slows }: CostDeps): Room {
  const weighed = async (exchange: Exchange, next: Next): Promise<Answer> => {
    const { site, visit } = exchange
    const waits = visit !== undefined && visit.brought['bw-session'] === undefined
    const isFull = places.isFull(site.name)
    const { row, measure } = conducts.weigh(exchange, isFull || (waits && visit.hasQueue))
    const isDoubtful = measure.type === 'slowed'
    // A waiting room keeps the origin from them better than a refusal would, and who is in is never refused for others' queue.
    if (visit !== undefined) visit.isDoubtful = isDoubtful && (waits || visit.hasQueue)
    const isLetOn = !isDoubtful || waits || (visit !== undefined && !isFull)
    const answer = isLetOn ? await next(exchange) : slow(exchange, measure.seconds)
    conducts.answered(row, answer)
    return answer
  }
  return (exchange, next) => {
    if (exchange.intent === 'refresh') return next(exchange)
    const goOn = slows() && exchange.client.isAllowed !== true ? weighed : passOn
    const rate = rateFor(exchange)
    if (rate === null || rate.counts === 'all') return goOn(exchange, next)
    // One that looks again after a fetch it waited for is the same request.
    if (exchange.quota !== undefined) return goOn(exchange, next)
    return counted(quotas, rate, exchange, verdict => {
      exchange.quota = verdict.fields
      return verdict.ok ? goOn(exchange, next) : Promise.resolve(refuse(exchange, 'rate-limited', verdict.retryAfter))
    })
  }
}

const passOn = (exchange: Exchange, next: Next): Promise<Answer> => next(exchange)

/** A stale response costs the origin nothing. */
function slow(exchange: Exchange, seconds: number): Answer {
  if (exchange.stale === undefined) return refuse(exchange, 'slowed', seconds)
  exchange.reason = 'shed'
  return SERVE_STALE
}

const rateFor = ({ client, settings }: Exchange) => (client.isAllowed === true ? null : settings.rate)

function refuse(exchange: Exchange, reason: 'denied' | 'rate-limited' | 'slowed', retryAfter?: number): Answer {
  exchange.outcome = 'limited'
  exchange.reason = reason
  return refusalAnswer(exchange, reason, retryAfter === undefined ? {} : { retryAfter })
}

/** The answer may be shared with others, so it is copied. */
function withQuota(exchange: Exchange, answer: Answer): Answer {
  return exchange.quota === undefined ? answer : { ...answer, fields: [...answer.fields, ...exchange.quota] }
}
