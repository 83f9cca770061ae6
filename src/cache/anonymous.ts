// A page for visitors whom nobody knows, in spike mode: asked for by an exchange of its own that has the host and the
// target of the visitor's, and nothing else of it. What comes is made storable and goes through the store like any other
// response, under a key of its own, which no request finds that is not answered here.

import type { AnonymousSettings, Settings } from '../config/settings.ts'
import type { Answer, Exchange, Next } from '../exchange.ts'
import { evaluate } from '../http/conditional.ts'
import { has, without } from '../http/fields.ts'
import type { Fields } from '../http/fields.ts'
import { anonymousScheme, keyPrefix } from '../store/keys.ts'
import { secondaryKey } from '../http/vary.ts'
import { notModifiedFields, settledBy } from './answer.ts'
import { keyEnd, keyFields, keyTarget } from './key.ts'
import { isHitForMiss } from './lookup.ts'
import { SYNTHETIC_ADDRESS, SYNTHETIC_HEADER, anonymousFields, mayBeAnonymous, toldFields } from './policy/anonymous.ts'
import { carriesOwnCookie } from './policy/credentials.ts'
import type { Cache } from './types.ts'

/** Answers an exchange that has a key, from the store or by a shared fetch. */
type AnswerOrFetch = (cache: Cache, exchange: Exchange, next: Next) => Promise<Answer>

/**
 * The anonymous copy for this exchange, or undefined where it is not to have one: no rule says so in this mode, the
 * visitor may be known, the address is one person's, or what came was not everyone's.
 */
export async function anonymously(
  cache: Cache,
  exchange: Exchange,
  next: Next,
  answerOrFetch: AnswerOrFetch,
): Promise<Answer | undefined> {
  const { anonymous } = exchange.settings
  if (anonymous === undefined || !maySee(exchange, anonymous)) return undefined
  const own = synthetic(exchange)
  if (isHitForMiss(cache.index, own.key!, cache.clock.now())) return undefined
  const told = { isRefused: false }
  const answer = await answerOrFetch(cache, own, asking(cache, next, exchange.settings, anonymous, told))
  if (told.isRefused) {
    if (answer.body !== null && !(answer.body instanceof Uint8Array))
      answer.body.cancel(new Error('it is not everyone’s'))
    return undefined
  }
  exchange.outcome = own.outcome
  exchange.reason = own.reason === 'stored-explicit' ? 'stored-anonymous' : own.reason
  return forVisitor(exchange, answer, cache.clock.now())
}

/** Whether the visitor and the address are such as the rule is for. */
function maySee({ method, fields, target, settings }: Exchange, { seenBy }: AnonymousSettings): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false
  if (has(fields, 'authorization') || has(fields, 'proxy-authorization')) return false
  if (seenBy === 'strangers' && carriesOwnCookie(fields, settings)) return false
  return isKeyedLikeNobody(fields, settings) && mayBeAnonymous(target)
}

/** What rules key by is the same as in a request that says nothing: who asks for another language is not a mere stranger. */
function isKeyedLikeNobody(fields: Fields, settings: Settings): boolean {
  const { keyed } = settings
  if (keyed === null) return true
  const keyOf = (each: Fields): string => secondaryKey(keyed.names, keyFields(each, settings))
  return keyOf(fields) === keyOf(SYNTHETIC_HEADER)
}

/** The same page, asked for by nobody. */
function synthetic(exchange: Exchange): Exchange {
  const { site, settings, client, host, gone, startedAt } = exchange
  const target = keyTarget(exchange.target, settings.ignoresQuery)
  return {
    ...{ site, host, target, gone, startedAt },
    key: keyPrefix(site.name, anonymousScheme(client.scheme), host) + keyEnd(exchange.target, settings),
    settings: settingsFor(settings),
    settingsOf: other => settingsFor(exchange.settingsOf(other)),
    client: { address: SYNTHETIC_ADDRESS, scheme: client.scheme },
    peer: { address: SYNTHETIC_ADDRESS, port: 0, secure: client.scheme === 'https' },
    method: 'GET',
    fields: keyFields([...SYNTHETIC_HEADER], settings),
    httpVersion: '1.1',
    body: null,
    upgrade: undefined,
    inform: () => {},
    intent: 'fetch',
    stale: undefined,
    seen: undefined,
    purges: 0,
    quota: undefined,
    permit: undefined,
    // What it fetches is for everyone, but it is this visitor whom the waiting room lets on or not.
    visit: exchange.visit,
    outcome: 'miss',
    reason: undefined,
  }
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
  const made = Object.freeze({ ...settings, ...lifetimes, rate: null, anonymous: undefined, onResponse: null })
  derived.set(settings, made)
  return made
}

const derived = new WeakMap<Settings, Settings>()

/**
 * The way to the origin: what the store adds to ask whether its copy still holds stays behind, and what comes is given the
 * lifetime of the rule. `told` learns whether it was refused.
 */
function asking(
  cache: Cache,
  next: Next,
  settings: Settings,
  rule: AnonymousSettings,
  told: { isRefused: boolean },
): Next {
  return async own => {
    own.fields = keyFields([...SYNTHETIC_HEADER], settings)
    const answer = await next(own)
    const { origin } = answer
    if (origin === undefined) return answer
    const response = { status: answer.status, fields: origin.fields }
    if (settledBy(settings, answer.status, origin.fields).bypass) {
      told.isRefused = true
      return { ...answer, origin: { ...origin, fields: ['Cache-Control', 'no-store'] } }
    }
    const { isStored, fields } = anonymousFields(response, own.target, rule, cache.clock.now())
    told.isRefused = !isStored && answer.status < 500
    return { ...answer, fields: toldFields(answer.fields), origin: { ...origin, fields } }
  }
}

/** The visitor's own preconditions are measured here, against the whole; a range is answered with the whole (RFC 9110 section 14.2). */
function forVisitor({ method, fields, reason }: Exchange, answer: Answer, now: number): Answer {
  const told = reason === 'stored-anonymous' ? renamed(answer) : answer
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
const renamed = (answer: Answer): Answer => ({
  ...answer,
  fields: answer.fields.map(value =>
    value.replace(/^(breakwater;.*)detail=stored-explicit/, '$1detail=stored-anonymous'),
  ),
})
