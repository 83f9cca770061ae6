// What in a request or a response is behind a decision of the cache: the field, the cookie or the rule, so that a person can go
// and change it. Pure; for `explain`, and for the ranking of what defeats the cache on real traffic.

import type { Settings } from '../../config/settings.ts'
import { cookieName, cookiesOf } from '../../http/cookies.ts'
import { all, combined } from '../../http/fields.ts'
import type { Fields } from '../../http/fields.ts'
import { responsePolicy } from '../../http/targeted.ts'
import type { ReasonCode } from '../../reasons.ts'

export interface Responsible {
  readonly kind: 'cookie' | 'request field' | 'response field' | 'rule'
  /** The cookie's, the field's or the rule's. */
  readonly name: string
  /** What the field says; of a cookie and of Authorization it is nobody's business. */
  readonly value?: string
}

type Rules = Pick<Settings, 'ignoresCookie' | 'ignoresSetCookie' | 'why'>

/** Longer values are cut: they are for reading. */
const MOST_VALUE = 200

/** Reasons that lie in a field of the request. */
const ASKED: { readonly [R in ReasonCode]?: readonly string[] } = {
  'request-no-store': ['cache-control'],
  'request-no-cache': ['cache-control', 'pragma'],
  'request-max-age': ['cache-control'],
  'request-min-fresh': ['cache-control'],
  'request-max-stale': ['cache-control'],
  'only-if-cached': ['cache-control'],
}

/** Reasons that lie in a field of the response; `policy` is the one in force of Cache-Control and what stands in for it. */
const TOLD: { readonly [R in ReasonCode]?: readonly string[] } = {
  'response-no-store': ['policy'],
  private: ['policy'],
  'response-no-cache': ['policy'],
  'must-revalidate': ['policy'],
  'status-not-understood': ['policy'],
  'stored-explicit': ['policy', 'expires'],
  'stored-to-validate': ['policy', 'expires', 'etag', 'last-modified'],
  'of-no-use': ['policy', 'expires'],
  'stored-heuristic': ['last-modified'],
  'vary-star': ['vary'],
  'unknown-transfer-coding': ['transfer-encoding'],
  'partial-response': ['content-range'],
  endless: ['content-type'],
  'body-over-bound': ['content-length'],
}

/** Reasons that a rule is behind: under which names of `Settings.why` it may stand. */
const RULED: { readonly [R in ReasonCode]?: readonly string[] } = {
  'bypass-by-rule': ['bypass'],
  'stored-by-rule': ['lifetime', 'lifetimeFloor', 'lifetimeCeiling'],
  'stored-anonymous': ['anonymous'],
  'copy-differs': ['anonymous'],
  'copy-unproven': ['anonymous'],
  'stored-snapshot': ['snapshot'],
  'not-in-snapshot': ['snapshot'],
  'snapshot-broken': ['snapshot'],
  stubbed: ['instead'],
  funnelled: ['instead'],
  collected: ['collect'],
  'rate-limited': ['rate.limit'],
  waiting: ['waitingRoom'],
}

/** All that is behind the decision, what weighs most first; empty where it lies in no part of the messages. */
export function responsibleFor(reason: ReasonCode, request: Fields, response: Fields, rules: Rules): Responsible[] {
  if (reason === 'request-cookie') return cookies(ownCookies(request, rules))
  if (reason === 'set-cookie') return cookies(setCookies(response, rules))
  if (reason === 'authorization') return [{ kind: 'request field', name: 'authorization' }]
  return [
    ...fieldsOf('request field', request, ASKED[reason] ?? []),
    ...fieldsOf(
      'response field',
      response,
      (TOLD[reason] ?? []).map(name => inForce(name, response)),
    ),
    ...(RULED[reason] ?? []).flatMap(name => ruleOf(rules.why[name])),
  ]
}

const ownCookies = (request: Fields, { ignoresCookie }: Rules): string[] =>
  cookiesOf(request)
    .map(([name]) => name)
    .filter(name => ignoresCookie?.(name) !== true)

const setCookies = (response: Fields, { ignoresSetCookie }: Rules): string[] =>
  [...all(response, 'set-cookie'), ...all(response, 'set-cookie2')]
    .map(line => cookieName(line.split(';', 1)[0]!))
    .filter(name => ignoresSetCookie?.(name) !== true)

const cookies = (names: readonly string[]): Responsible[] =>
  [...new Set(names)].map(name => ({ kind: 'cookie', name: name.slice(0, MOST_VALUE) }))

const inForce = (name: string, response: Fields): string => (name === 'policy' ? responsePolicy(response).source : name)

function fieldsOf(kind: Responsible['kind'], fields: Fields, names: readonly string[]): Responsible[] {
  return names.flatMap(name => {
    const value = combined(fields, name)
    return value === undefined ? [] : [{ kind, name, value: value.slice(0, MOST_VALUE) }]
  })
}

const ruleOf = (name: string | undefined): Responsible[] => (name === undefined ? [] : [{ kind: 'rule', name }])
