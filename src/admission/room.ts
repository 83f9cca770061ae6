// Admission: who may go to the origin server now. A request body is taken in first, so that a slow uploader occupies our
// memory and disk and not the origin; then a place is taken on the board, or core is asked for one. See docs/ARCHITECTURE.md.

import { FOLLOW, LOOK_AGAIN, SERVE_STALE } from '../exchange.ts'
import type { Answer, Body, Exchange, Next, Room } from '../exchange.ts'
import type { Limiter } from '../board/limiter.ts'
import type { Clock } from '../base/clock.ts'
import type { LimitsConfig } from '../config/types.ts'
import { normalised } from '../http/vary.ts'
import type { ReasonCode } from '../reasons.ts'
import { refusalAnswer } from '../refusal.ts'
import type { Spool } from '../spool/spool.ts'
import { StoredBody } from '../spool/stored.ts'
import type { CoreLink, Verdict } from './link.ts'
import { classOf, standingOf } from './standing.ts'

export interface AdmissionDeps {
  link: CoreLink
  places: Limiter
  spool: Spool
  clock: Clock
  /** A request has waited so many milliseconds for core's word, and was let to the origin or refused. */
  countQueued(ms: number): void
  /** Read for each request body. */
  limits(): Pick<LimitsConfig, 'requestBody' | 'requestBodyMemory'>
}

/** Seconds after which an upload that found no room may be tried again. */
const SPOOL_RETRY_AFTER = 5

export function createAdmissionRoom(deps: AdmissionDeps): Room {
  return (exchange, next) =>
    exchange.body === null ? admit(deps, exchange, next) : takeIn(deps, exchange, next, exchange.body)
}

/** Goes on to the origin with a permit, or answers without one. */
function admit(deps: AdmissionDeps, exchange: Exchange, next: Next): Promise<Answer> {
  if (exchange.intent === 'pass') {
    const permit = deps.places.take(exchange.site.name, { routeClass: classOf(exchange) })
    if (permit !== undefined) {
      exchange.permit = permit
      return next(exchange)
    }
  }
  return admitByCore(deps, exchange, next)
}

async function admitByCore(deps: AdmissionDeps, exchange: Exchange, next: Next): Promise<Answer> {
  const asked = deps.clock.monotonic()
  const verdict = await askCore(deps, exchange)
  exchange.queuedMs = deps.clock.monotonic() - asked
  if (verdict.type === 'fetch' || verdict.type === 'refuse') deps.countQueued(exchange.queuedMs)
  if (verdict.type !== 'fetch') return withoutFetch(exchange, verdict)
  exchange.permit = verdict.permit
  return next(exchange)
}

/** The whole body first, then the permit. */
async function takeIn(deps: AdmissionDeps, exchange: Exchange, next: Next, body: Body): Promise<Answer> {
  const { requestBody, requestBodyMemory } = deps.limits()
  if (body.length !== undefined && body.length > requestBody) {
    body.cancel(new Error('body-too-large'))
    return refuse(exchange, 'body-too-large')
  }
  const stored = new StoredBody(deps.spool, { memory: requestBodyMemory, most: requestBody })
  const how = await stored.takeIn(body)
  if (how === 'cut-short') return nobodyThere(exchange)
  if (how !== 'whole') return refuse(exchange, how, how === 'spool-full' ? SPOOL_RETRY_AFTER : undefined)
  exchange.body = stored
  const answer = await admit(deps, exchange, next)
  if (exchange.permit === undefined) stored.cancel()
  return answer
}

/** Asks core and waits for its word, or for the visitor to go. */
function askCore(deps: AdmissionDeps, exchange: Exchange): Promise<Verdict> {
  const { site, intent } = exchange
  const stale = exchange.stale ?? NOTHING_STALE
  const question = {
    site: site.name,
    key: intent === 'pass' ? null : (exchange.key ?? null),
    intent,
    stale: stale.ref,
    staleWhileRevalidate: stale.whileRevalidate,
    ...standingOf(exchange),
    ...(exchange.seen === undefined ? {} : { seen: exchange.seen }),
    ...(exchange.wantsWhole === true ? { whole: true } : {}),
    ...(deps.link.isAmongNodes && intent === 'fetch' ? codingsOf(exchange) : {}),
  }
  return new Promise(resolve =>
    deps.link.ask(question, site.origin.queue.patience, resolve, () => exchange.gone.aborted),
  )
}

const NOTHING_STALE = { ref: 0, whileRevalidate: false }

function codingsOf({ fields }: Exchange): { codings?: string } {
  const codings = normalised('accept-encoding', fields)
  return codings === undefined ? {} : { codings }
}

/** Core's word in the line's own terms, where it is not to fetch. */
function withoutFetch(exchange: Exchange, verdict: Exclude<Verdict, { type: 'fetch' }>): Answer {
  switch (verdict.type) {
    case 'look':
      return LOOK_AGAIN
    case 'follow':
      exchange.coming = verdict.coming
      return FOLLOW
    case 'stale':
      exchange.reason = verdict.reason
      return SERVE_STALE
    case 'gone':
      return nobodyThere(exchange)
    case 'refuse':
      return refuse(exchange, verdict.reason, verdict.retryAfter)
  }
}

/** An answer that says so with the status from the table; too much for the origin counts as shed, the rest as refused. */
function refuse(exchange: Exchange, reason: ReasonCode, retryAfter?: number): Answer {
  exchange.outcome = reason === 'body-too-large' ? 'refused' : 'shed'
  exchange.reason = reason
  return refusalAnswer(exchange, reason, retryAfter === undefined ? {} : { retryAfter })
}

/** The visitor has gone: the answer is for nobody, and the listener drops it. */
function nobodyThere(exchange: Exchange): Answer {
  exchange.outcome = 'gone'
  return { status: 503, fields: [], body: null }
}
