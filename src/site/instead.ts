// What a rule answers in the origin's place in a spike: a fixed answer to a call that the page can do without, and one path that
// every page leads to.

import type { Mode } from '../config/modes.ts'
import type { Instead } from '../config/settings.ts'
import type { RuleConfig } from '../config/types.ts'
import type { Answer, Exchange } from '../exchange.ts'
import { preferredType } from '../http/accept.ts'
import { becauseOf } from '../http/cachestatus.ts'
import { first } from '../http/fields.ts'
import { typesPromised } from './extensions.ts'

type Giving = Pick<RuleConfig, 'name' | 'spike'>

/** What these rules answer in this mode. A stub goes before a funnel: it is for one call, the funnel for all pages. */
export function insteadIn(rules: readonly Giving[], mode: Mode, why: Record<string, string>): Instead | null {
  if (mode === 'normal') return null
  const stubbing = rules.findLast(({ spike: { stub } }) => stub.body !== undefined || stub.file !== undefined)
  if (stubbing !== undefined) {
    why['instead'] = stubbing.name
    return stubOf(stubbing.spike.stub)
  }
  const funnelling = rules.findLast(({ spike }) => spike.funnel !== undefined)
  if (funnelling === undefined || funnelling.spike.funnel === 'none') return null
  why['instead'] = funnelling.name
  return Object.freeze({ kind: 'funnel', to: funnelling.spike.funnel! })
}

function stubOf({ body, file, type, status }: RuleConfig['spike']['stub']): Instead {
  const text = body ?? file ?? ''
  return Object.freeze({
    kind: 'stub',
    status: status ?? 200,
    type: type ?? (isJson(text) ? 'application/json' : 'text/plain; charset=utf-8'),
    body: Buffer.from(text),
  })
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** The answer, for a request that gets one without the origin; undefined for one that goes on. */
export function answerInstead(exchange: Exchange): Answer | undefined {
  const { instead } = exchange.settings
  if (instead === null) return undefined
  if (instead.kind === 'funnel') return funnelled(exchange, instead.to)
  exchange.outcome = 'own'
  exchange.reason = 'stubbed'
  const { status, type, body } = instead
  const hasNone = status === 204 || status === 304
  const fields = [...(hasNone ? [] : ['Content-Type', type]), 'Cache-Control', 'no-store', ...becauseOf('stubbed')]
  return { status, fields, body: hasNone ? null : body }
}

function funnelled(exchange: Exchange, to: string): Answer | undefined {
  if (!mayBeFunnelled(exchange.settings, exchange.target) || !isForPage(exchange)) return undefined
  exchange.outcome = 'own'
  exchange.reason = 'funnelled'
  const fields = ['Location', to, 'Cache-Control', 'no-store', ...becauseOf('funnelled')]
  return { status: 302, fields, body: new Uint8Array() }
}

/** Whether a request for the target may be led elsewhere: not for the landing path, nor for what is no page by its name. */
export const mayBeFunnelled = ({ instead }: Pick<Exchange['settings'], 'instead'>, target: string): boolean =>
  instead?.kind === 'funnel' && !samePath(target, instead.to) && typesPromised(pathOf(target)) === undefined

/** What a person would look at: a browser says so itself (Fetch metadata), else by the method and what is liked best. */
function isForPage({ method, fields, upgrade }: Exchange): boolean {
  if ((method !== 'GET' && method !== 'HEAD') || upgrade !== undefined) return false
  const mode = first(fields, 'sec-fetch-mode')
  if (mode !== undefined) return mode === 'navigate'
  return preferredType(fields, ['text/html', 'application/json']) === 'text/html'
}

const pathOf = (target: string): string => target.replace(/\?.*$/s, '')

const samePath = (one: string, other: string): boolean => pathOf(one) === pathOf(other)
