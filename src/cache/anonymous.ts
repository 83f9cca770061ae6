// A page for visitors whom nobody knows, in spike mode: asked for by an exchange of its own that has the host and the
// target of the visitor's, and nothing else of it. What comes is made storable and goes through the store like any other
// response, under a key of its own, which no request finds that is not answered here.

import type { AnonymousSettings, Settings } from '../config/settings.ts'
import { UNSENT } from '../exchange.ts'
import type { Answer, Exchange, Next } from '../exchange.ts'
import { evaluate } from '../http/conditional.ts'
import type { Edit } from '../html/tag.ts'
import { combined, has, without } from '../http/fields.ts'
import type { Fields } from '../http/fields.ts'
import type { ReasonCode } from '../reasons.ts'
import { anonymousScheme, keyPrefix } from '../store/keys.ts'
import { refusalAnswer } from '../refusal.ts'
import { notModifiedFields, settledBy } from './answer.ts'
import { noteFields, noteOf } from './copies.ts'
import { cutCopy } from './cut.ts'
import { learnFrom } from './forms/mark.ts'
import { keyEnd, keyFields, keyTarget } from './key.ts'
import { flightKey, isHitForMiss } from './lookup.ts'
import { SYNTHETIC_ADDRESS, anonymousFields, ownLifetime, toldFields } from './policy/anonymous.ts'
import { offloaded } from './offload/offload.ts'
import { headerOfCopy, objectionToCopy } from './policy/strangers.ts'
import { isPage, proven } from './proof.ts'
import type { Claim, Proven, Unfit } from './proof.ts'
import type { Cache } from './types.ts'
import { readWhole } from './whole.ts'

/** Answers an exchange that has a key, from the store or by a shared fetch. */
type AnswerOrFetch = (cache: Cache, exchange: Exchange, next: Next) => Promise<Answer>

/**
 * The anonymous copy for this exchange, or undefined where it is not to have one: no rule says so in this mode, the
 * visitor may be known, the address is one person's, or what came was not everyone's. A reason where a copy was refused.
 */
export async function anonymously(
  cache: Cache,
  exchange: Exchange,
  next: Next,
  answerOrFetch: AnswerOrFetch,
): Promise<Answer | ReasonCode | undefined> {
  const { anonymous } = exchange.settings
  if (anonymous === undefined || objectionToCopy(exchange, anonymous) !== undefined) return undefined
  const header = headerOfCopy(exchange.fields, exchange.settings)
  const own = synthetic(exchange, header)
  const key = own.key!
  const flight = flightKey(cache.index, key, own.fields)
  if (isHitForMiss(cache.index, flight, cache.clock.now())) return cache.refusedCopies.of(key)
  const ask: Asking = { cache, next, settings: exchange.settings, rule: anonymous, header, key, isRefused: false }
  const answer = await answerOrFetch(cache, own, anew => fetchCopy(ask, anew))
  if (ask.isRefused) {
    if (answer.body !== null && !(answer.body instanceof Uint8Array))
      answer.body.cancel(new Error('it is not everyone’s'))
    return cache.refusedCopies.of(key)
  }
  exchange.outcome = own.outcome
  exchange.reason = own.reason === 'stored-explicit' ? 'stored-anonymous' : own.reason
  return forVisitor(exchange, answer, cache.clock.now())
}

/** The same page, asked for by nobody: with this header. `scheme` is what keys have for it. */
export function synthetic(
  exchange: Exchange,
  header: Fields,
  scheme = anonymousScheme(exchange.client.scheme),
): Exchange {
  const { site, settings, client, host, gone, startedAt } = exchange
  const target = keyTarget(exchange.target, settings.ignoresQuery)
  return {
    ...UNSENT,
    ...{ site, host, target, gone, startedAt },
    key: keyPrefix(site.name, scheme, host) + keyEnd(exchange.target, settings),
    settings: settingsFor(settings),
    settingsOf: (other, method) => settingsFor(exchange.settingsOf(other, method)),
    client: { address: SYNTHETIC_ADDRESS, scheme: client.scheme },
    peer: { address: SYNTHETIC_ADDRESS, port: 0, secure: client.scheme === 'https' },
    method: 'GET',
    // The coding is chosen from what is stored; `fetchCopy` tells the origin nothing of it.
    fields: keyFields(
      [...header, ...(has(header, 'accept-encoding') ? [] : acceptEncoding(exchange.fields))],
      settings,
    ),
    httpVersion: '1.1',
    intent: 'fetch',
    // What it fetches is for everyone, but it is this visitor whom the waiting room lets on or not.
    visit: exchange.visit,
    outcome: 'miss',
  }
}

function acceptEncoding(fields: Fields): Fields {
  const value = combined(fields, 'accept-encoding')
  return value === undefined ? [] : ['Accept-Encoding', value]
}

/** The rule's own lifetimes hold; what is said of ordinary responses does not. No client's rate counts it: it is everyone's. */
function settingsFor(settings: Settings): Settings {
  const known = derived.get(settings)
  if (known !== undefined) return known
  const lifetimes = {
    lifetime: undefined,
    lifetimeFloor: undefined,
    lifetimeCeiling: undefined,
    staleWhileRevalidate: undefined,
    staleIfError: undefined,
    browserLifetime: undefined,
    cdnLifetime: undefined,
  }
  const made = Object.freeze({
    ...settings,
    ...lifetimes,
    rate: null,
    anonymous: undefined,
    snapshot: null,
    onResponse: null,
  })
  derived.set(settings, made)
  return made
}

const derived = new WeakMap<Settings, Settings>()

interface Asking {
  readonly cache: Cache
  readonly next: Next
  readonly settings: Settings
  readonly rule: AnonymousSettings
  /** What the origin is told of who asks. */
  readonly header: Fields
  /** The copy's. */
  readonly key: string
  /** There is no copy: the visitor goes the ordinary way. */
  isRefused: boolean
}

/**
 * The way to the origin: what the store adds to ask whether its copy still holds stays behind, and what comes is proven and
 * given the lifetime of the rule.
 */
async function fetchCopy(ask: Asking, own: Exchange): Promise<Answer> {
  // What could not be shared has been found out, and is fetched once, for the visitor.
  if (own.intent === 'pass') return refused(ask, NOT_ASKED)
  own.fields = keyFields(ask.header, ask.settings)
  const before = noteOf(ask.cache, { key: ask.key, fields: own.fields })
  const answer = await ask.next(own)
  const { origin } = answer
  if (origin === undefined) return answer
  const response = { status: answer.status, fields: origin.fields }
  if (settledBy(ask.settings, answer.status, origin.fields).bypass) {
    return refused(ask, { ...answer, origin: { ...origin, fields: ['Cache-Control', 'no-store'] } })
  }
  const now = ask.cache.clock.now()
  const { isStored, fields } = anonymousFields(response, own.target, ask.rule, now, ask.settings.keyed?.names)
  const told = { ...answer, fields: toldFields(answer.fields), origin: { ...origin, fields } }
  if (!isStored) {
    ask.cache.refusedCopies.forget(ask.key)
    return answer.status < 500 ? refused(ask, told) : told
  }
  return copyOf(ask, own, { answer: told, before, isOpen: ownLifetime(response, now) > 0 })
}

const NOT_ASKED: Answer = Object.freeze({ status: 0, fields: [], body: null })

function refused(ask: Asking, answer: Answer): Answer {
  ask.isRefused = true
  return answer
}

/** What is stored: the page as it came, once it is proven. Files that call themselves everyone's flow through as ever. */
async function copyOf(ask: Asking, own: Exchange, found: Omit<Claim, 'body'>): Promise<Answer> {
  const { answer, isOpen } = found
  if (answer.body === null || (isOpen && !isPage(answer))) return answer
  const body = await readWhole(answer.body, ask.cache.maxBody())
  if (body === 'cut-short') return failed(own)
  const made =
    body === 'too-large' ? 'body-over-bound' : await proven(ask.cache, own, ask.next, { ...found, body }, ask.rule)
  if (typeof made === 'string') return unfit(ask, answer, made, body === 'too-large' ? null : body)
  if (isPage(answer)) learnFrom(ask.cache, own, body.toString('latin1'))
  const copy = cutCopy(answer, made, own, ask.rule, ask.cache.formKey, await movedOf(ask, own, answer, made))
  const origin = { ...copy.origin!, fields: [...copy.origin!.fields, ...noteFields(made.note)] }
  return { ...copy, fields: [...copy.fields, ...noteFields(made.note)], origin }
}

/** The assets of a page that a network serves. */
async function movedOf(
  { cache, rule, next }: Asking,
  own: Exchange,
  answer: Answer,
  { body }: Proven,
): Promise<readonly Edit[]> {
  if (rule.offload === undefined || !isPage(answer)) return []
  return offloaded(cache, own, next, { html: body.toString('latin1'), fields: answer.fields, to: rule.offload })
}

/** What could not be proven for now is for this visitor alone; what is none to be shared is not tried again for a while. */
function unfit(ask: Asking, answer: Answer, why: Unfit, body: Buffer | null): Answer {
  if (why !== 'copy-unproven') ask.cache.refusedCopies.note(ask.key, why)
  const told = { ...answer, body, origin: { ...answer.origin!, unfit: why } }
  return why === 'copy-unproven' ? told : refused(ask, told)
}

function failed(own: Exchange): Answer {
  own.outcome = 'failed'
  own.reason = 'origin-reset'
  return refusalAnswer(own, 'origin-reset')
}

/** The visitor's own preconditions are measured here, against the whole; a range is answered with the whole (RFC 9110 section 14.2). */
export function forVisitor({ method, fields, reason }: Exchange, answer: Answer, now: number): Answer {
  const told = reason === 'stored-anonymous' || reason === 'stored-snapshot' ? renamed(answer, reason) : answer
  if (told.upgrade !== undefined) return told
  const selected = { status: told.status, fields: told.fields, length: undefined, receivedAt: now }
  const { answer: how } = evaluate(
    method,
    without(fields, name => name.startsWith('if-') && !VALIDATING.has(name)),
    selected,
    now,
  )
  if (how !== 'not modified' && method !== 'HEAD') return told
  const { body } = told
  if (body !== null && !(body instanceof Uint8Array)) body.cancel(new Error('the visitor wants no body'))
  if (how === 'not modified') return { status: 304, fields: notModifiedFields(told.fields), body: null }
  return { ...told, body: null }
}

const VALIDATING = new Set(['if-none-match', 'if-modified-since'])

/** Our Cache-Status says by what rule it is stored. */
const renamed = (answer: Answer, reason: ReasonCode): Answer => ({
  ...answer,
  fields: answer.fields.map(value => value.replace(/^(breakwater;.*)detail=stored-explicit/, `$1detail=${reason}`)),
})
