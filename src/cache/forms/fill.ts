// Forms of copied pages get their tokens here: at the first touch of the form, for the script below /.breakwater/, and
// where no script ran when the form is posted. Never for a post that another site may have made in the visitor's name.

import { BytesBody } from '../../exchange.ts'
import type { Answer, Exchange, Next } from '../../exchange.ts'
import { first, has, without } from '../../http/fields.ts'
import type { Fields } from '../../http/fields.ts'
import { cookieName, cookiesOf } from '../../http/cookies.ts'
import { formBoundary } from '../../http/formdata.ts'
import { refusalAnswer } from '../../refusal.ts'
import type { Cache } from '../types.ts'
import { readWhole } from '../whole.ts'
import { FilledParts } from './filled-parts.ts'
import type { AskTokens } from './filled-parts.ts'
import { freshTokens } from './fresh.ts'
import type { Fresh } from './fresh.ts'
import { isByOwnHand, placeOf } from './place.ts'
import { TICKET_PARAMETER, takeTicket, ticketFrom } from './ticket.ts'
import type { Ticket } from './ticket.ts'

/** Where the script asks for a form's tokens. */
const OWN_PATH = '/.breakwater/form?'
/** An urlencoded form with more than this goes on as it came. 1 MiB of text is more than anybody types. */
const MOST_BYTES = 1024 * 1024

/** Cheap, for every request: whether there is anything to do here. */
export const concernsForms = ({ target }: Exchange): boolean => target.includes(TICKET_PARAMETER)

/** Ends a request for tokens, or takes the ticket out of the target and fills the form. `goOn` is the way of any other request. */
export async function throughForms(
  cache: Cache,
  exchange: Exchange,
  next: Next,
  goOn: (exchange: Exchange) => Promise<Answer>,
): Promise<Answer> {
  const taken = takeTicket(exchange.target)
  if (exchange.target.startsWith(OWN_PATH)) return tokensFor(cache, exchange, next, taken?.ticket ?? '')
  if (taken === undefined) return goOn(exchange)
  exchange.target = taken.target
  const ticket = ticketFrom(taken.ticket, placeOf(exchange), cache.formKey)
  if (ticket !== undefined && isByOwnHand(exchange)) exchange.ticket = JSON.stringify(ticket)
  if (ticket === undefined || !mayBeFilled(exchange)) return goOn(exchange)
  const type = first(exchange.fields, 'content-type') ?? ''
  const boundary = formBoundary(type)
  if (boundary !== undefined) return filledParts(cache, exchange, next, ticket, goOn, boundary)
  return URLENCODED.test(type) ? filled(cache, exchange, next, ticket, goOn) : goOn(exchange)
}

const URLENCODED = /^application\/x-www-form-urlencoded\s*(;|$)/i

/** JSON with the fields of one form, and the cookies that go with them. */
async function tokensFor(cache: Cache, exchange: Exchange, next: Next, text: string): Promise<Answer> {
  const ticket = ticketFrom(text, placeOf(exchange), cache.formKey)
  const site = first(exchange.fields, 'sec-fetch-site')
  if (ticket === undefined || (site !== undefined && site !== 'same-origin')) {
    exchange.outcome = 'refused'
    exchange.reason = 'form-ticket'
    return refusalAnswer(exchange, 'form-ticket')
  }
  const fresh = await freshTokens(cache, exchange, next, ticket)
  if (!isFresh(fresh) && fresh.origin === undefined) return fresh
  exchange.outcome = 'own'
  if (!isFresh(fresh)) return json(502, {}, withCookies(fresh))
  return json(200, { fields: readable(fresh.values), meta: readable(fresh.meta) }, setting(fresh.cookies))
}

const json = (status: number, content: object, more: Fields): Answer => ({
  status,
  fields: [
    'Content-Type',
    'application/json',
    'Cache-Control',
    'no-store',
    'X-Content-Type-Options',
    'nosniff',
    ...more,
  ],
  body: Buffer.from(JSON.stringify(content)),
})

const setting = (cookies: readonly string[]): Fields => cookies.flatMap(line => ['Set-Cookie', line])
const withCookies = ({ fields }: Answer): Fields =>
  fields.filter((_, i) => fields[i - (i % 2)]!.toLowerCase() === 'set-cookie')
const isFresh = (found: Fresh | Answer): found is Fresh => 'values' in found
/** As a script in the page reads names and values. */
const readable = (values: ReadonlyMap<string, string>): Record<string, string> =>
  Object.fromEntries([...values].map(([name, value]) => [utf8(name), utf8(value)]))

const utf8 = (bytes: string): string => Buffer.from(bytes, 'latin1').toString('utf8')

/** A form that is collected is sent later, when no visitor waits for it: it is repaired then (edge/repair.ts). */
function mayBeFilled(exchange: Exchange): boolean {
  const { method, fields, body, settings } = exchange
  if (method !== 'POST' || body === null || settings.collect !== null) return false
  return !has(fields, 'content-encoding') && isByOwnHand(exchange)
}

async function filled(
  cache: Cache,
  exchange: Exchange,
  next: Next,
  ticket: Ticket,
  goOn: (exchange: Exchange) => Promise<Answer>,
): Promise<Answer> {
  if (exchange.body?.length === undefined || exchange.body.length > MOST_BYTES) return goOn(exchange)
  const bytes = await readWhole(exchange.body, MOST_BYTES)
  if (typeof bytes === 'string') {
    exchange.outcome = 'gone'
    return refusalAnswer(exchange, 'form-broken')
  }
  exchange.body = new BytesBody(bytes)
  const pairs = bytes.toString('latin1').split('&')
  if (!ticket.names.some(name => isEmpty(pairs, name))) return goOn(exchange)
  const fresh = await freshTokens(cache, exchange, next, ticket)
  // The origin bears no more: the visitor hears that, and not that the form was not right.
  if (!isFresh(fresh)) return fresh.origin === undefined ? fresh : goOn(exchange)
  const body = Buffer.from(withValues(pairs, fresh.values), 'latin1')
  exchange.body = new BytesBody(body)
  exchange.fields = withSession(exchange.fields, fresh.cookies, body.length)
  return withMissing(await goOn(exchange), fresh.cookies)
}

/** The form with its tokens put in while it is taken in; the origin gets nothing of it before all of it is there. */
async function filledParts(
  cache: Cache,
  exchange: Exchange,
  next: Next,
  ticket: Ticket,
  goOn: (exchange: Exchange) => Promise<Answer>,
  boundary: string,
): Promise<Answer> {
  let cookies: readonly string[] = []
  const refusal: { answer?: Answer; why?: Pick<Exchange, 'outcome' | 'reason'> } = {}
  let tokens: ReturnType<AskTokens> | undefined
  const ask = async (): ReturnType<AskTokens> => {
    const fresh = await freshTokens(cache, exchange, next, ticket)
    if (isFresh(fresh)) {
      cookies = fresh.cookies
      exchange.fields = withSession(exchange.fields, cookies)
      return fresh.values
    }
    if (fresh.origin !== undefined) return undefined
    const { outcome, reason } = exchange
    Object.assign(refusal, { answer: fresh, why: { outcome, reason } })
    return null
  }
  exchange.body = new FilledParts(exchange.body!, boundary, ticket.names, () => (tokens ??= ask()))
  const answer = await goOn(exchange)
  if (refusal.answer === undefined) return withMissing(answer, cookies)
  Object.assign(exchange, refusal.why)
  return refusal.answer
}

/** With those of the page's cookies that the answer does not set itself. */
function withMissing(answer: Answer, cookies: readonly string[]): Answer {
  const set = new Set(answer.fields.flatMap((value, i) => (isCookieLine(answer.fields, i) ? [cookieName(value)] : [])))
  const missing = cookies.filter(line => !set.has(cookieName(line)))
  return missing.length === 0 ? answer : { ...answer, fields: [...answer.fields, ...setting(missing)] }
}

const isCookieLine = (fields: Fields, i: number): boolean =>
  i % 2 === 1 && fields[i - 1]!.toLowerCase() === 'set-cookie'

const nameOf = (pair: string): string => decoded(pair.split('=', 1)[0]!)

function isEmpty(pairs: readonly string[], name: string): boolean {
  const pair = pairs.find(each => nameOf(each) === name)
  return pair === undefined || pair === pair.split('=', 1)[0] || pair.endsWith('=')
}

/** An urlencoded body's pairs: the fields that are there get their value, the others stand at the end. */
export function withValues(pairs: readonly string[], values: ReadonlyMap<string, string>): string {
  const rest = pairs.filter(pair => pair !== '' && !values.has(nameOf(pair)))
  return [...rest, ...[...values].map(([name, value]) => `${encoded(name)}=${encoded(value)}`)].join('&')
}

/** Names and values are bytes, one a character. */
const encoded = (bytes: string): string =>
  bytes.replaceAll(/[^0-9A-Za-z*._-]/g, sign => `%${sign.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)

const decoded = (text: string): string =>
  text
    .replaceAll('+', ' ')
    .replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))

/** The header as the browser would have sent it, had it got the page's cookies. `length` of the body, where it is known. */
export function withSession(fields: Fields, cookies: readonly string[], length?: number): Fields {
  const own = new Map(cookiesOf(fields))
  for (const line of cookies) {
    const [pair = ''] = line.split(';', 1)
    const at = pair.indexOf('=')
    if (at > 0) own.set(pair.slice(0, at).trim(), pair.slice(at + 1).trim())
  }
  const kept = without(fields, name => name === 'cookie' || name === 'content-length')
  const cookie = [...own].map(([name, value]) => `${name}=${value}`).join('; ')
  const told = length !== undefined && has(fields, 'content-length') ? ['Content-Length', String(length)] : []
  return [...kept, ...told, ...(cookie === '' ? [] : ['Cookie', cookie])]
}
