// Looks at a response on its way to the visitor: may it be stored, and if so leads it into the store as well. Who else
// waits for it is told through core, first of the head, then of the end.

import type { Answer, Exchange, FromOrigin } from '../exchange.ts'
import type { Forwarded } from '../http/cachestatus.ts'
import { formatDate } from '../http/dates.ts'
import { has, without } from '../http/fields.ts'
import type { Fields } from '../http/fields.ts'
import type { ReasonCode } from '../reasons.ts'
import { cacheStatus, settledBy, told, withoutTold } from './answer.ts'
import { findResponse } from './lookup.ts'
import { currentAge } from './policy/age.ts'
import type { Times } from './policy/message.ts'
import { storable } from './policy/storable.ts'
import type { Storing } from './policy/storable.ts'
import { storedFields } from './policy/stored-fields.ts'
import { MOST_TAGS, tagsOf } from './policy/tags.ts'
import type { Coding } from '../http/codings.ts'
import { Flag, Word } from '../store/layout.ts'
import { plainBecause } from './policy/coding.ts'
import type { Uncoded } from './compress.ts'
import type { Storable } from './keeper.ts'
import { Tee } from './tee.ts'
import type { Settled, Whole } from './tee.ts'
import type { Cache } from './types.ts'

/** Reasons that lie in this one request and say nothing of the next. */
const ABOUT_THE_REQUEST = new Set<ReasonCode>([
  'request-no-store',
  'request-body',
  'incomplete',
  'key-over-bound',
  'copy-unproven',
])
const OVER_BOUND = new Set<ReasonCode>(['key-over-bound', 'header-over-bound', 'too-many-tags'])

/**
 * The answer as the visitor gets it, with our Cache-Status. It must be one from an origin. `hitForMiss`: seconds for which a
 * response that may not be stored keeps its key from being shared again. Whoever has had the whole of a response that is
 * stored finds it in the store: it goes in before its last bytes go out.
 */
export async function keep(cache: Cache, exchange: Exchange, answer: Answer, hitForMiss: number): Promise<Answer> {
  exchange.settings = settledBy(exchange.settings, answer.status, answer.origin!.fields)
  const decision = decide(exchange, answer)
  const isStream = exchange.outcome === 'stream'
  const isTooLarge = lengthOf(answer.body) > mostOf(cache, exchange)
  const isSpared = decision.store && sparesGoodCopy(cache, exchange, answer.status)
  const isStored = decision.store && !isTooLarge && !isStream && !isSpared
  const why = isTooLarge ? 'body-over-bound' : isSpared ? 'good-copy-kept' : decision.reason
  const detail = (exchange.reason = isStream ? 'endless' : why)
  if (OVER_BOUND.has(detail)) cache.core.countOverBound()
  cache.decided(exchange, answer, detail, isStored)
  const ask = flightOf(exchange)
  if (ask !== 0) {
    const apart = isStored || keepsNobodyApart(detail, answer.status) ? 0 : hitForMiss
    await cache.core.head(ask, isStored, apart, apart > 0 && exchange.intent === 'validate')
  }
  if (!isStream) exchange.outcome = isStored ? 'miss' : 'pass'
  if (isStored) await teeOff(cache, exchange, answer, decision)
  else endFlight(cache, exchange)
  const fwd = forwardedBecause(exchange)
  const status = cacheStatus({ fwd, fwdStatus: answer.status, stored: isStored, detail })
  const marked: Fields = [...answer.fields, 'Cache-Status', status]
  if (!isStored) return { ...answer, fields: marked }
  const age = currentAge(decision.freshness.ageBase, cache.clock.now())
  return { ...answer, fields: [...withoutTold(marked, exchange.settings), ...told(exchange.settings, age)] }
}

/** Why the request went on, as far as it may have been stored what came back. */
function forwardedBecause({ intent, method }: Exchange): Forwarded {
  if (method === 'POST') return 'method'
  return intent === 'fetch' || intent === 'pass' ? 'uri-miss' : 'stale'
}

/** The decision, with the tags that what is stored gets. */
export type Decision = Storing & { readonly tags: readonly number[] }

/** Whether the answer, which came from an origin, may be stored; with the tags that it tells, or with these. */
export function decide(exchange: Exchange, answer: Answer, tags = tagsTold(exchange, answer.origin!.fields)): Decision {
  const { method, client, host, target, fields, settings } = exchange
  const origin = answer.origin!
  const request = { method, uri: `${client.scheme}://${host}${target}`, fields }
  const storing = storable(request, { status: answer.status, fields: origin.fields }, timesOf(origin), settings)
  if (storing.store && origin.unfit !== undefined) return { store: false, reason: origin.unfit, tags }
  // Without all of them it could not be purged as its owner means it.
  if (storing.store && tags.length > MOST_TAGS) return { store: false, reason: 'too-many-tags', tags }
  return { ...storing, tags }
}

/** The tags of a response with these fields, and those that rules give it. */
export const tagsTold = ({ site, client, host, settings }: Exchange, fields: Fields): readonly number[] =>
  tagsOf({ site: site.name, scheme: client.scheme, host }, fields, settings.tags)

/** As the policy wants them. */
export const timesOf = ({ requestedAt, receivedAt }: FromOrigin): Times => ({
  requested: requestedAt,
  received: receivedAt,
})

/** Ends the exchange's flight, if it has one, with nothing for those who wait. */
export function endFlight(cache: Cache, exchange: Exchange): void {
  const ask = flightOf(exchange)
  if (ask !== 0) cache.core.end(ask, exchange.reason)
}

/** Seconds for which a key that brought a response for one visitor alone is not shared again. */
export const HIT_FOR_MISS = 120

/** Stores the body if it is whole, and ends the flight with it. Never rejects: the visitor has the answer either way. */
export async function keepBody(
  cache: Cache,
  exchange: Exchange,
  answer: Answer,
  decision: Decision,
  how: Settled,
  copies: ReadonlyMap<Coding, Uint8Array> = NO_COPIES,
): Promise<void> {
  // Before anything is awaited: the exchange may go on to another permit meanwhile.
  const ask = flightOf(exchange)
  const born = exchange.purges
  cache.comings.withdraw(ask)
  if (typeof how === 'string') return ask === 0 ? undefined : unstored(cache, ask, how)
  const kept = decision.store
    ? await cache.keeper.keep(ask, storableOf(cache, exchange, answer, decision, how, born))
    : undefined
  if (kept === undefined) {
    if (ask !== 0) cache.core.end(ask)
  } else if (how.onDisk === undefined || copies.size > 0)
    compress(cache, answer, { ...kept, ...how, storedAt: answer.origin!.receivedAt, copies })
}

/** Has its compressed copies made, or counts why there are none. */
function compress(cache: Cache, { origin }: Answer, response: Uncoded): void {
  if (cache.codings().length === 0) return
  const why = plainBecause(origin!.fields, response.length)
  if (why === undefined) cache.compressor.add(response)
  else cache.core.countPlain(why)
}

function storableOf(
  cache: Cache,
  exchange: Exchange,
  answer: Answer,
  { freshness, tags }: Extract<Decision, { store: true }>,
  { pieces, length, onDisk }: ToStore,
  born: number,
): Storable {
  const coded = isCodable(cache, answer, length) ? Flag.mayBeCoded : 0
  return {
    key: exchange.key!,
    request: exchange.fields,
    keyedBy: exchange.settings.keyed?.names ?? [],
    status: answer.status,
    fields: fieldsToStore(answer, length),
    freshness: { ...freshness, flags: freshness.flags | coded },
    body: pieces,
    bodyLength: length ?? 0,
    ...(onDisk === undefined ? {} : { onDisk }),
    storedAt: answer.origin!.receivedAt,
    tags,
    born,
  }
}

const NO_COPIES: ReadonlyMap<Coding, Uint8Array> = new Map()

const isCodable = (cache: Cache, { origin }: Answer, length: number | undefined): boolean =>
  cache.codings().length > 0 && plainBecause(origin!.fields, length) === undefined

/** Of what still comes there are no pieces, and the length may not be known. */
type ToStore = Omit<Whole, 'length'> & { length: number | undefined }

/**
 * Those who waited for the body hear that it is not to be had: of one that broke off, the next of them tries to get a whole
 * one; one that turned out too large is for each of them alone, and for those who come later.
 */
function unstored(cache: Cache, ask: number, how: 'cut-short' | 'too-large'): void {
  if (how === 'too-large') void cache.core.head(ask, false, HIT_FOR_MISS, false)
  cache.core.end(ask, how === 'cut-short' ? 'origin-reset' : undefined)
}

/** Leads the body into the store too; the answer gets the visitor's side of it. Settles when a body that is all there is stored. */
async function teeOff(cache: Cache, exchange: Exchange, answer: Answer, decision: Decision): Promise<void> {
  const { body } = answer
  // The answer as it is now: what later rooms change in it is for this visitor.
  const now = { ...answer }
  const settled = (how: Settled): Promise<void> => keepBody(cache, exchange, now, decision, how)
  if (body === null) await settled({ pieces: [], length: 0 })
  else if (body instanceof Uint8Array) await settled({ pieces: [body], length: body.length })
  else offered(cache, exchange, now, decision, (answer.body = new Tee(body, mostOf(cache, exchange), settled)))
}

/** Who waits for it at whatever edge may have it while it comes. */
function offered(cache: Cache, exchange: Exchange, answer: Answer, decision: Decision, tee: Tee): void {
  const ask = flightOf(exchange)
  // What settled while it was made is over.
  if (ask === 0 || !decision.store || tee.end !== undefined) return
  const born = exchange.purges
  const head = { pieces: [], length: tee.length }
  const response = (): Storable => storableOf(cache, exchange, answer, decision, head, born)
  cache.comings.offer(ask, response, () => tee.follow())
}

/** What may be stored of the fields that are passed on; with a Date (RFC 9110 section 6.6.1) and the length as it turned out. */
function fieldsToStore(answer: Answer, length: number | undefined): Fields {
  const allowed = storedFields(answer.origin!.fields)
  const names = new Set(['via', ...allowed.filter((_, i) => i % 2 === 0).map(name => name.toLowerCase())])
  const kept = without(answer.fields, name => name === 'content-length' || !names.has(name))
  const date = has(kept, 'date') ? [] : ['Date', formatDate(answer.origin!.receivedAt)]
  return [...kept, ...date, ...(length === undefined ? [] : ['Content-Length', String(length)])]
}

/** What says nothing of the next response: errors pass, and some reasons lie in the request. */
const keepsNobodyApart = (reason: ReasonCode, status: number): boolean =>
  isOfTheMoment(status) || ABOUT_THE_REQUEST.has(reason)

/** Answers that tell of the origin's hour or of one client, and not of the page: 408, 421, 425, 429, and all of 5xx. */
const isOfTheMoment = (status: number): boolean => status >= 500 || OF_THE_MOMENT.has(status)
const OF_THE_MOMENT = new Set([408, 421, 425, 429])

/** Whatever lifetime such an answer gives itself, it takes the place of no page that is stored. */
function sparesGoodCopy({ index }: Cache, { key, fields, settings }: Exchange, status: number): boolean {
  if (!isOfTheMoment(status)) return false
  const found = findResponse(index, key!, fields, settings.isSession)
  return found !== undefined && !isOfTheMoment(index.segments.word(found.ref, Word.status))
}

/** The question to core under which others wait for this exchange, 0 for none. */
const flightOf = ({ intent, permit }: Exchange): number => (intent === 'pass' ? 0 : (permit?.ask ?? 0))

/** The largest body that is stored, bytes: one beyond the site's quota would push out all else of the site, and then itself. */
const mostOf = (cache: Cache, { site }: Exchange): number => Math.min(cache.maxBody(), site.store.quota ?? Infinity)

const lengthOf = (body: Answer['body']): number => body?.length ?? 0
