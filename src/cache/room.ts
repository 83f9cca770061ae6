// The cache room (RFC 9111): answers from the store where it may, else lets the request go on and looks at what comes back.
// Decisions are in policy/, as pure functions; here they meet the store, core and the exchange.
//
//   bypassed, unsafe, with a body ──▶ pass, then invalidate
//   stored ──▶ fresh: serve · while revalidating: serve and refresh · else validate
//   nothing stored ──▶ fetch, shared with whoever asks for the same

import type { Answer, Exchange, Next, Room } from '../exchange.ts'
import { withoutNamed } from '../http/hopbyhop.ts'
import { has } from '../http/fields.ts'
import { refusalAnswer } from '../refusal.ts'
import { withCredentials, keyPrefix } from '../store/keys.ts'
import { Early, Flag, Word } from '../store/layout.ts'
import { fetchShared } from './fetch.ts'
import { keyEnd, keyFields, keyTarget } from './key.ts'
import { anonymously } from './anonymous.ts'
import { withDetail } from './answer.ts'
import { RefusedCopies } from './copies.ts'
import { concernsForms, throughForms } from './forms/fill.ts'
import { marking } from './forms/mark.ts'
import type { SnapshotSettings } from '../config/settings.ts'
import { LargeBody } from '../large/body.ts'
import { Compressor } from './compress.ts'
import { frozen } from './frozen.ts'
import { Keeper } from './keeper.ts'
import { findResponse, flightKey, isHitForMiss } from './lookup.ts'
import type { Found } from './lookup.ts'
import { AssetBook } from './offload/book.ts'
import { passBy, passThrough } from './pass.ts'
import { purgeByMethod } from './purge-method.ts'
import { carriesOwnCookie } from './policy/credentials.ts'
import { reuse, wantsStoredOnly } from './policy/reuse.ts'
import { refresh } from './refresh.ts'
import { fromStore } from './serve.ts'
import type { Cache, CacheDeps } from './types.ts'

export function createCacheRoom(deps: CacheDeps): Room {
  const { index, core } = deps
  const compressor = new Compressor(index, core, () => deps.codings())
  const made = {
    keeper: new Keeper(index, core, deps.large),
    refusedCopies: new RefusedCopies(),
    assets: new AssetBook(deps.clock),
  }
  const cache: Cache = { ...deps, ...made, compressor }
  return (exchange, next) => enter(cache, exchange, next)
}

function enter(cache: Cache, exchange: Exchange, next: Next): Promise<Answer> {
  // They are not for the origin, so no key may have them: the page for those who do not say their language would be stored
  // for a language.
  exchange.fields = withoutNamed(exchange.fields)
  if (exchange.method === 'PURGE') return purgeByMethod(cache.purger, exchange)
  return concernsForms(exchange)
    ? throughForms(cache, exchange, next, each => goOn(cache, each, next))
    : goOn(cache, exchange, next)
}

function goOn(cache: Cache, exchange: Exchange, next: Next): Promise<Answer> {
  if (exchange.settings.snapshot !== null) return frozenOr(cache, exchange, next, exchange.settings.snapshot)
  return asEver(cache, exchange, next)
}

function asEver(cache: Cache, exchange: Exchange, next: Next): Promise<Answer> {
  if (!mayUseStore(exchange)) return passBy(cache, exchange, marking(cache, exchange, next))
  if (exchange.settings.anonymous !== undefined) return anonymouslyOr(cache, exchange, next)
  return ordinarily(cache, exchange, next)
}

/** Out of the site's snapshot, where there is one in use; else as ever, if rules let what is not in it through. */
async function frozenOr(cache: Cache, exchange: Exchange, next: Next, snapshot: SnapshotSettings): Promise<Answer> {
  return (await frozen(cache, exchange, snapshot, answerOrFetch)) ?? asEver(cache, exchange, next)
}

/** In a spike: the copy for everyone where there is one for this request, else as ever. */
async function anonymouslyOr(cache: Cache, exchange: Exchange, next: Next): Promise<Answer> {
  const copy = await anonymously(cache, exchange, next, answerOrFetch)
  if (typeof copy === 'object') return copy
  const why = copy
  const answer = await ordinarily(cache, exchange, next)
  if (why === undefined || answer.origin === undefined) return answer
  exchange.reason = why
  return { ...answer, fields: withDetail(answer.fields, why) }
}

function ordinarily(cache: Cache, exchange: Exchange, next: Next): Promise<Answer> {
  const { site, settings, client, host, target } = exchange
  exchange.key = keyPrefix(site.name, client.scheme, host) + keyEnd(target, settings)
  exchange.target = keyTarget(target, settings.ignoresQuery)
  exchange.fields = keyFields(exchange.fields, settings)
  return answerOrFetch(cache, exchange, marking(cache, exchange, next))
}

function mayUseStore({ method, body, upgrade, settings }: Exchange): boolean {
  return (method === 'GET' || method === 'HEAD') && body === null && upgrade === undefined && !settings.bypass
}

/** From the store where that may be, else from the origin: also where what lies on disk is not what was written. */
async function answerOrFetch(cache: Cache, exchange: Exchange, next: Next): Promise<Answer> {
  const answer = await storedOrFetched(cache, exchange, next)
  if (!(answer.body instanceof LargeBody) || (await answer.body.begin())) return answer
  return passThrough(cache, exchange, next)
}

function storedOrFetched(cache: Cache, exchange: Exchange, next: Next): Promise<Answer> {
  const now = cache.clock.now()
  const found = findResponse(cache.index, exchange.key!, exchange.fields, exchange.settings.isSession)
  if (found === undefined) return whenNothingStored(cache, exchange, next, now)
  return whenStored(cache, exchange, next, found, now)
}

function whenStored(cache: Cache, exchange: Exchange, next: Next, found: Found, now: number): Promise<Answer> {
  const { use, reason } = reuse(found.freshness, exchange.fields, now, exchange.settings)
  exchange.reason = reason
  switch (use) {
    case 'fresh':
      if (isDueEarly(cache, exchange, found)) refresh(cache, exchange, next, found, answerOrFetch)
      return atOnce(cache, exchange, next, found, now)
    case 'stale':
      return atOnce(cache, exchange, next, found, now)
    case 'stale, serve and refresh':
      // Under a lease somebody refreshes it already.
      if (now >= found.leaseUntil) refresh(cache, exchange, next, found, answerOrFetch)
      return atOnce(cache, exchange, next, found, now)
    case 'gateway timeout':
      return Promise.resolve(refuse(exchange))
    case 'validate':
    case 'stale if error':
      return whenStale(cache, exchange, next, found, now, use === 'stale if error')
  }
}

/**
 * The fast lane has drawn that this popular response is fetched anew before its time, and this is the request to do it: one without
 * anything of its own, so that what comes is for all.
 */
function isDueEarly({ index }: Cache, { method, fields, settings }: Exchange, { ref }: Found): boolean {
  const { segments } = index
  if (segments.word(ref, Word.early) !== Early.due || method !== 'GET') return false
  if (has(fields, 'range') || has(fields, 'authorization') || carriesOwnCookie(fields, settings)) return false
  const words = segments.words[segments.segmentOf(ref)]!
  const at = segments.byteOf(ref) / 4 + Word.early
  return Atomics.compareExchange(words, at, Early.due, Early.done) === Early.due
}

function atOnce(cache: Cache, exchange: Exchange, next: Next, found: Found, now: number): Promise<Answer> {
  const answer = fromStore(cache, exchange, found, now)
  return answer === undefined ? passThrough(cache, exchange, next) : Promise.resolve(answer)
}

function whenStale(
  cache: Cache,
  exchange: Exchange,
  next: Next,
  found: Found,
  now: number,
  mayStandIn: boolean,
): Promise<Answer> {
  if (mayStandIn && now < found.leaseUntil) return atOnce(cache, exchange, next, found, now)
  // A HEAD can confirm what is stored by its validator, and brings nothing that could be shared otherwise.
  const isOfNoUse = exchange.method === 'HEAD' && (found.freshness.flags & Flag.validator) === 0
  if (isOfNoUse || has(exchange.fields, 'range')) return passThrough(cache, exchange, next)
  const flight = flightKey(cache.index, exchange.key!, exchange.fields)
  return fetchShared(cache, exchange, next, { flight, found, mayStandIn, again: answerOrFetch })
}

function whenNothingStored(cache: Cache, exchange: Exchange, next: Next, now: number): Promise<Answer> {
  if (wantsStoredOnly(exchange.fields)) return Promise.resolve(refuse(exchange))
  if (fetchesNothing(exchange)) return passThrough(cache, exchange, next)
  const hasCredentials = has(exchange.fields, 'authorization') || carriesOwnCookie(exchange.fields, exchange.settings)
  const shared = flightKey(cache.index, exchange.key!, exchange.fields)
  const flight = hasCredentials ? withCredentials(shared) : shared
  if (isHitForMiss(cache.index, flight, now)) return passThrough(cache, exchange, next)
  return fetchShared(cache, exchange, next, { flight, again: answerOrFetch })
}

/** A HEAD brings no body to store, and a Range perhaps only a part. */
const fetchesNothing = ({ method, fields }: Exchange): boolean => method === 'HEAD' || has(fields, 'range')

function refuse(exchange: Exchange): Answer {
  exchange.outcome = 'refused'
  exchange.reason = 'only-if-cached'
  return refusalAnswer(exchange, 'only-if-cached')
}
