// Answers a request of the slow lane from a stored response: whole, as 304, as a range, or 412 (RFC 9110 section 13.2.2).

import type { Answer, Exchange } from '../exchange.ts'
import type { CacheStatus } from '../http/cachestatus.ts'
import { evaluate } from '../http/conditional.ts'
import type { Evaluation } from '../http/conditional.ts'
import type { Coding } from '../http/codings.ts'
import { preferredCoding } from '../http/encoding.ts'
import { combined, without } from '../http/fields.ts'
import type { Fields } from '../http/fields.ts'
import type { ByteRange } from '../http/ranges.ts'
import { Flag, Word } from '../store/layout.ts'
import { bodyBytes } from '../store/on-disk.ts'
import { cacheStatus, hit, notModifiedFields, settledBy, told, withoutTold } from './answer.ts'
import { findCoded, storedLines } from './lookup.ts'
import type { Found } from './lookup.ts'
import { currentAge } from './policy/age.ts'
import { codedFields, forbidsTransforming, variedFields, withoutDoubtfulRange } from './policy/coding.ts'
import { bodyOf } from './recordbody.ts'
import type { Cache } from './types.ts'

/** The answer for the exchange from the stored response `found`, or undefined where the origin has to be asked. */
export function serve(
  cache: Cache,
  exchange: Exchange,
  found: Found,
  now: number,
  status: Omit<CacheStatus, 'cache'> = statusOf(exchange, found, now),
): Answer | undefined {
  const { segments } = cache.index
  const { ref } = found
  const stored = storedLines(cache.index, found)
  const length = bodyBytes(segments, ref)
  const selected = { status: segments.word(ref, Word.status), fields: stored, length, receivedAt: found.storedAt }
  const forms = formsOf(cache, found)
  const asked = forms.length === 0 ? exchange.fields : withoutDoubtfulRange(exchange.fields)
  const evaluation = evaluate(exchange.method, asked, selected, now)
  if (evaluation.answer === 'ask the origin') return undefined
  segments.setWord(ref, Word.visited, 1)
  exchange.settings = settledBy(exchange.settings, selected.status, stored)
  const age = currentAge(found.freshness.ageBase, now)
  const form = formFor(cache, exchange, found, forms, evaluation)
  const formed = form === undefined ? (forms.length === 0 ? stored : variedFields(stored)) : form.fields(stored)
  const fields = [...withStatus(withoutTold(formed, exchange.settings), age, status), ...told(exchange.settings, age)]
  const body = (from: number, to: number) =>
    exchange.method === 'HEAD' ? null : bodyOf(cache, exchange, form?.ref ?? ref, from, to)
  return shape(evaluation, selected.status, fields, form?.length ?? length, body)
}

/** The codings that it may be sent in. */
const formsOf = (cache: Cache, { freshness }: Found): readonly Coding[] =>
  (freshness.flags & Flag.mayBeCoded) === 0 ? [] : cache.codings()

/** A compressed copy. */
interface Form {
  ref: number
  length: number
  fields: (stored: Fields) => Fields
}

/** The copy that the client would rather have, where there is one. */
function formFor(
  { index }: Cache,
  { fields }: Exchange,
  { ref }: Found,
  offers: readonly Coding[],
  { answer }: Evaluation,
): Form | undefined {
  if (offers.length === 0 || answer === 'range' || answer === 'range not satisfiable') return undefined
  const coding = preferredCoding(combined(fields, 'accept-encoding'), offers)
  const coded = coding === undefined || forbidsTransforming(fields) ? 0 : findCoded(index, ref, coding)
  if (coded === 0) return undefined
  index.segments.setWord(coded, Word.visited, 1)
  const length = index.segments.word(coded, Word.bodyLength)
  return { ref: coded, length, fields: stored => codedFields(stored, coding!, length) }
}

/** The same, counted as a hit or as stale. */
export function fromStore(cache: Cache, exchange: Exchange, found: Found, now: number): Answer | undefined {
  const answer = serve(cache, exchange, found, now)
  if (answer !== undefined) exchange.outcome = now < found.freshness.freshUntil && !isPurged(found) ? 'hit' : 'stale'
  return answer
}

/** What is stale is served for a reason that the clock does not tell: the origin ails, or the request takes such a response. */
function statusOf({ reason }: Exchange, found: Found, now: number): Omit<CacheStatus, 'cache'> {
  const status = hit(found.freshness, now, isPurged(found))
  const isStale = now >= found.freshness.freshUntil && !isPurged(found)
  return isStale && reason !== undefined ? { ...status, detail: reason } : status
}

const isPurged = ({ freshness }: Found): boolean => (freshness.flags & Flag.purged) !== 0

function shape(
  evaluation: Evaluation,
  status: number,
  fields: Fields,
  length: number,
  body: (from: number, to: number) => Answer['body'],
): Answer {
  if (evaluation.answer === 'not modified') return { status: 304, fields: notModifiedFields(fields), body: null }
  if (evaluation.answer === 'range not satisfiable') {
    const told: Fields = [...withoutLength(fields), 'Content-Range', `bytes */${length}`, 'Content-Length', '0']
    return { status: 416, fields: told, body: null }
  }
  // Several ranges may be answered with the whole (RFC 9110 section 14.2); a multipart answer helps nobody's crowd.
  if (evaluation.answer === 'range' && evaluation.ranges.length === 1) {
    return part(evaluation.ranges[0]!, fields, length, body)
  }
  return { status, fields, body: body(0, length) }
}

/** 206 with one part (RFC 9110 section 15.3.7.1). */
function part(
  range: ByteRange,
  fields: Fields,
  length: number,
  body: (from: number, to: number) => Answer['body'],
): Answer {
  const { first, last } = range
  const told: Fields = [
    ...withoutLength(fields),
    ...['Content-Range', `bytes ${first}-${last}/${length}`],
    ...['Content-Length', String(last - first + 1)],
  ]
  return { status: 206, fields: told, body: body(first, last + 1) }
}

const withoutLength = (fields: Fields): Fields => without(fields, name => name === 'content-length')

/** The fields with our Age and, as a line of its own behind those of other caches, our member of Cache-Status. */
const withStatus = (fields: Fields, age: number, status: Omit<CacheStatus, 'cache'>): Fields => [
  ...fields,
  ...['Age', String(age), 'Cache-Status', cacheStatus(status)],
]
