// A fetch that others may share: goes out under a flight that core keeps, and ends it whatever happens. What comes back is
// one of: core's word to look again or to serve the stale response, a 304 to our own question, an error, or a response.

import { FOLLOW, LOOK_AGAIN, SERVE_STALE } from '../exchange.ts'
import type { Answer, Exchange, Next } from '../exchange.ts'
import { evaluate } from '../http/conditional.ts'
import type { Coding } from '../http/codings.ts'
import { all } from '../http/fields.ts'
import type { Fields } from '../http/fields.ts'
import { serveComing } from './coming/serve.ts'
import { cacheStatus, collapsedHit, notModifiedFields, settledBy, told, withoutTold } from './answer.ts'
import { HIT_FOR_MISS, decide, endFlight, keep, keepBody, tagsTold, timesOf } from './keep.ts'
import { findCoded, findResponse, serialsPassedOver, storedLines } from './lookup.ts'
import type { Found } from './lookup.ts'
import { afterHead, passThrough, verdictOf } from './pass.ts'
import { ageBase, currentAge } from './policy/age.ts'
import { confirmed, freshen, validationRequest } from './policy/validate.ts'
import { bodyOf } from './recordbody.ts'
import { fromStore, serve } from './serve.ts'
import type { Cache } from './types.ts'
import { Word } from '../store/layout.ts'
import { fileOf } from '../store/on-disk.ts'

/** A waiter looks again at most so often before it goes its own way: each time a flight ended without use for it. */
const MOST_LOOKS = 3
/** Errors in whose place a stale response may be served (RFC 5861 section 4). */
const ERRORS = new Set([500, 502, 503, 504])

export interface Shared {
  /** The key that core knows the flight by. */
  flight: string
  /** The stored response to be validated. */
  found?: Found
  /** It may be served should the origin fail. */
  mayStandIn?: boolean
  /** A stored response was served already; this one is for the store alone. */
  inBackground?: boolean
  /** The way back into the room, for a waiter whose flight was of no use to it. */
  again(cache: Cache, exchange: Exchange, next: Next): Promise<Answer>
}

/** Fetches or validates for this exchange and for whoever asks for the same meanwhile. */
export async function fetchShared(cache: Cache, exchange: Exchange, next: Next, shared: Shared): Promise<Answer> {
  const { fields, key } = exchange
  const { found } = shared
  exchange.intent = shared.inBackground === true ? 'refresh' : found === undefined ? 'fetch' : 'validate'
  exchange.outcome = 'miss'
  if (shared.mayStandIn === true) exchange.stale = { ref: found!.ref, whileRevalidate: false }
  exchange.fields = validationRequest(fields, found === undefined ? [] : [storedLines(cache.index, found)])
  exchange.key = shared.flight
  exchange.seen = found?.serial ?? serialsPassedOver(cache.index, shared.flight, fields, exchange.settings.isSession)
  exchange.purges = cache.index.purgedTags.count
  try {
    const answer = await next(exchange)
    exchange.fields = fields
    exchange.key = key
    return await receive(cache, exchange, next, shared, answer)
  } catch (error) {
    endFlight(cache, exchange)
    throw error
  }
}

async function receive(cache: Cache, exchange: Exchange, next: Next, shared: Shared, answer: Answer): Promise<Answer> {
  if (answer === FOLLOW) return follow(cache, exchange, next, shared)
  if (answer === LOOK_AGAIN || answer === SERVE_STALE) {
    if (shared.inBackground === true) return answer
    return answer === LOOK_AGAIN ? lookAgain(cache, exchange, next, shared) : standIn(cache, exchange, next)
  }
  if (shared.found !== undefined && answer.origin !== undefined && answer.status === 304) {
    return afterNotModified(cache, exchange, next, shared.found, answer)
  }
  const failed = answer.origin === undefined ? exchange.outcome !== 'gone' : ERRORS.has(answer.status)
  if (failed && shared.mayStandIn === true) return insteadOfError(cache, exchange, answer)
  if (answer.origin === undefined) {
    endFlight(cache, exchange)
    return answer
  }
  if (exchange.method === 'HEAD') return afterOwnHead(cache, exchange, next, shared.found!, answer)
  return asConditional(cache, exchange, await keep(cache, exchange, answer, HIT_FOR_MISS))
}

/** A HEAD in a flight asks whether what is stored holds; an origin may say so with a 200 too (RFC 9111 section 4.3.5). */
async function afterOwnHead(
  cache: Cache,
  exchange: Exchange,
  next: Next,
  validated: Found,
  answer: Answer,
): Promise<Answer> {
  if (verdictOf(cache, exchange, answer) === 'freshen') {
    return afterNotModified(cache, exchange, next, validated, answer)
  }
  // Who waited for a body goes on alone; where it is stale, the key is void and they look again.
  const ask = exchange.permit?.ask ?? 0
  exchange.outcome = 'pass'
  const told = await afterHead(cache, exchange, answer, 'stale')
  if (ask !== 0) void cache.core.head(ask, false, 0, false)
  endFlight(cache, exchange)
  return told
}

/** What this request waits for may be had while it comes; or, where that is not for it, is waited for once more. */
function follow(cache: Cache, exchange: Exchange, next: Next, shared: Shared): Promise<Answer> {
  const coming = exchange.coming!
  delete exchange.coming
  const answer = serveComing(cache, exchange, coming, arrivedAt(cache, exchange))
  if (answer !== undefined) return Promise.resolve(answer)
  coming.drop()
  exchange.wantsWhole = true
  return fetchShared(cache, exchange, next, shared)
}

/** Wall time is cut to the millisecond, so the difference may be as much too early: a whole one later is surely after it. */
const arrivedAt = ({ clock }: Cache, { startedAt }: Exchange): number =>
  clock.now() - (clock.monotonic() - startedAt) + 1

/** The flight that this request waited for is over: what it brought is newer than the request, so it serves, however short-lived. */
function lookAgain(cache: Cache, exchange: Exchange, next: Next, shared: Shared): Promise<Answer> {
  const now = cache.clock.now()
  const found = findResponse(cache.index, exchange.key!, exchange.fields, exchange.settings.isSession)
  if (found !== undefined && found.storedAt >= arrivedAt(cache, exchange)) {
    const answer = serve(cache, exchange, found, now, collapsedHit(found.freshness, now))
    exchange.outcome = 'collapsed'
    exchange.reason = 'collapsed'
    if (answer !== undefined) return Promise.resolve(answer)
  }
  const looks = (looksOf.get(exchange) ?? 0) + 1
  looksOf.set(exchange, looks)
  return looks < MOST_LOOKS ? shared.again(cache, exchange, next) : passThrough(cache, exchange, next)
}

const looksOf = new WeakMap<Exchange, number>()

/** Core wants the stale response served; it may be gone by now. */
function standIn(cache: Cache, exchange: Exchange, next: Next): Promise<Answer> {
  const now = cache.clock.now()
  const found = findResponse(cache.index, exchange.key!, exchange.fields, exchange.settings.isSession)
  const answer = found === undefined ? undefined : fromStore(cache, exchange, found, now)
  return answer === undefined ? passThrough(cache, exchange, next) : Promise.resolve(answer)
}

/** stale-if-error: the stored response in the place of the error, which nobody gets to see. */
function insteadOfError(cache: Cache, exchange: Exchange, error: Answer): Answer {
  endFlight(cache, exchange)
  const found = findResponse(cache.index, exchange.key!, exchange.fields, exchange.settings.isSession)
  const answer = found === undefined ? undefined : fromStore(cache, exchange, found, cache.clock.now())
  if (answer === undefined) return error
  discard(error)
  exchange.outcome = 'stale'
  return answer
}

/** 304: the stored response holds, with new fields and a new lifetime; that is all that the waiters want to know. */
async function afterNotModified(
  cache: Cache,
  exchange: Exchange,
  next: Next,
  validated: Found,
  answer: Answer,
): Promise<Answer> {
  discard(answer)
  const origin = answer.origin!
  const found = findResponse(cache.index, exchange.key!, exchange.fields, exchange.settings.isSession)
  const stored = found?.serial === validated.serial ? storedLines(cache.index, found) : undefined
  if (found === undefined || stored === undefined || confirmed([stored], origin.fields) === undefined) {
    // What we asked about is no more, or is not what was confirmed: ask again, for the whole.
    endFlight(cache, exchange)
    await cache.core.invalidate([exchange.key!])
    return passThrough(cache, exchange, next)
  }
  const { segments } = cache.index
  const fields = freshen(stored, origin.fields, origin.receivedAt)
  const { whole, body, release } = confirmedBody(cache, exchange, found)
  const renewed: Answer = {
    status: segments.word(found.ref, Word.status),
    fields,
    body,
    origin: { ...origin, fields },
  }
  exchange.settings = settledBy(exchange.settings, renewed.status, fields)
  // A 304 may leave its tags out, or tell some: what it is known by, it stays known by.
  // What is stored is a response to GET, whichever request confirmed it.
  const tags = new Set([...segments.tags(found.ref), ...tagsTold(exchange, origin.fields)])
  const decision = decide({ ...exchange, method: 'GET' }, renewed, [...tags])
  exchange.outcome = 'validated'
  const copies = copiesOf(cache, found)
  await keepBody(cache, exchange, renewed, decision, whole, copies)
  release()
  const detail = exchange.reason
  const member = { fwd: 'stale', fwdStatus: answer.status, stored: decision.store } as const
  const status = cacheStatus(detail === undefined ? member : { ...member, detail })
  const age = currentAge(ageBase(origin.fields, timesOf(origin)), cache.clock.now())
  const lifetimes = decision.store ? told(exchange.settings, age) : []
  const kept = decision.store ? withoutTold(fields, exchange.settings) : fields
  const sent: Fields = [...kept, ...ownCookies(answer), 'Age', String(age), 'Cache-Status', status, ...lifetimes]
  return asConditional(cache, exchange, { ...renewed, fields: sent })
}

/** What a 304 confirmed, for the store and for the visitor. A file has to stay until the record that comes next names it too. */
function confirmedBody(cache: Cache, exchange: Exchange, { ref }: Found) {
  const { index, hazards } = cache
  const bytes = Buffer.from(index.segments.body(ref))
  const file = fileOf(index.segments, ref)
  if (file === undefined) return { whole: { pieces: [bytes], length: bytes.length }, body: bytes, release: () => {} }
  const handle = hazards.hold(ref)
  const release = (): void => (handle === -1 ? undefined : hazards.release(handle))
  const isRead = exchange.intent !== 'refresh' && exchange.method !== 'HEAD'
  const body = isRead ? bodyOf(cache, exchange, ref, 0, file.length) : null
  return { whole: { pieces: [], length: file.length, onDisk: bytes }, body, release }
}

/** Its compressed copies: a 304 changes no bytes, so that they hold too. */
function copiesOf(cache: Cache, { ref }: Found): Map<Coding, Uint8Array> {
  const { index } = cache
  const refs = cache.codings().map(coding => [coding, findCoded(index, ref, coding)] as const)
  return new Map(
    refs.filter(([, at]) => at !== 0).map(([coding, at]) => [coding, Buffer.from(index.segments.body(at))]),
  )
}

/** A cookie that comes with a 304 is for whoever asked, and for nobody after. */
const ownCookies = ({ fields }: Answer): Fields => all(fields, 'set-cookie').flatMap(line => ['Set-Cookie', line])

/** The visitor asked with preconditions, the origin was asked without: what came is measured against them here. */
function asConditional(cache: Cache, exchange: Exchange, answer: Answer): Answer {
  const { status, fields, origin } = answer
  const selected = { status, fields, length: undefined, receivedAt: origin!.receivedAt }
  if (evaluate(exchange.method, exchange.fields, selected, cache.clock.now()).answer !== 'not modified') return answer
  discard(answer)
  return { status: 304, fields: notModifiedFields(fields), body: null, origin: origin! }
}

function discard({ body }: Answer): void {
  if (body !== null && !(body instanceof Uint8Array)) body.cancel(new Error('the answer is not needed'))
}
