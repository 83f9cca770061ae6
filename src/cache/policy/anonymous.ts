// What spike rules may store: pages that the origin calls private, or says nothing of, as they are for a visitor whom nobody
// knows. The request they are filled by has nothing of any visitor (synthetic), so what could leak is not there; here is
// also what is not stored even so, because it is one person's by its address, or is another thing for each of them.

import { coveredFields, isPresent } from '../../http/cachecontrol.ts'
import { all, first, has, without } from '../../http/fields.ts'
import type { Fields } from '../../http/fields.ts'
import { responsePolicy } from '../../http/targeted.ts'
import { parseVary } from '../../http/vary.ts'
import { lifetimeOf } from './freshness.ts'
import type { PolicyResponse } from './message.ts'

/**
 * All that an origin is told of who asks. No Accept-Language: the origin's default is everyone's. No Accept-Encoding: the
 * bytes are stored as they are.
 */
export const SYNTHETIC_HEADER: Fields = Object.freeze([
  ...['User-Agent', 'Mozilla/5.0 (compatible; Breakwater)'],
  ...['Accept', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'],
]) as Fields

/** Of the addresses for documentation (RFC 5737): no origin takes it for its own machine, its staff, or a known visitor. */
export const SYNTHETIC_ADDRESS = '192.0.2.1'

/** What the page depends on, and the synthetic request settles: who asks (nobody known), and the scheme, which is in the key. */
const SETTLED = new Set(['cookie', 'authorization', 'accept-encoding', 'x-forwarded-proto', 'host'])

/** Redirects among them are looked at by where they lead. */
const STATUSES = new Set([200, 203, 300, 301, 302, 303, 307, 308, 404, 410])

/** Steps of a path, or its last one before a dot, that lead to what is one person's. */
const PERSONAL = new Set([
  ...['login', 'log-in', 'signin', 'sign-in', 'logout', 'log-out', 'signout', 'sign-out', 'auth', 'oauth', 'oauth2'],
  ...['sso', 'saml', 'session', 'sessions', 'token', 'tokens', 'password', 'passwords', 'reset', 'verify', 'confirm'],
  ...['activate', 'unsubscribe', 'invite', 'invitation', 'account', 'accounts', 'my-account', 'myaccount', 'profile'],
  ...['sign_in', 'sign_up', 'sign_out', 'log_in', 'log_out', 'my_account', 'reset-password', 'reset_password'],
  ...['forgot-password', 'forgot_password', 'change-password', 'confirmation', 'confirmations', 'magic-link'],
  ...['me', 'settings', 'preferences', 'inbox', 'messages', 'notifications', 'wishlist', 'checkout', 'cart', 'basket'],
  ...['order', 'orders', 'payment', 'payments', 'pay', 'billing', 'invoice', 'invoices', 'admin', 'administrator'],
  ...['wp-admin', 'wp-login', 'wp-cron', 'xmlrpc', 'dashboard', 'user', 'users', 'register', 'signup', 'sign-up'],
])

/** Query parameters whose value is for one person. */
const SECRET = new Set([
  ...['token', 'access_token', 'id_token', 'auth', 'authorization', 'key', 'api_key', 'apikey', 'code', 'state', 'sig'],
  ...['signature', 'hash', 'hmac', 'sid', 'session', 'sessionid', 'session_id', 'phpsessid', 'jsessionid', 'jwt'],
  ...['password', 'pass', 'pwd', 'secret', 'nonce', '_wpnonce', 'csrf', 'csrf_token', '_token', 'ticket', 'invite'],
  ...['email', 'mail', 'user', 'userid', 'user_id', 'uid', 'otp', 'pin', 'preview', 'preview_nonce'],
])

/** Origin-form target: false where its path or query is of the kind that leads to one person's page, or may carry a secret. */
export function mayBeAnonymous(target: string): boolean {
  const [path, query] = split(target, '?')
  const steps = decoded(path).toLowerCase().split(/[/;]/)
  if (steps.some(step => PERSONAL.has(step) || PERSONAL.has(step.split('.', 1)[0]!) || looksSecret(step))) return false
  return query.split('&').every(pair => {
    const [name, value] = split(pair, '=')
    return !isSecretName(decoded(name).toLowerCase()) && !looksSecret(decoded(value))
  })
}

/** These also with a word before them: `reset_password_token`, `app-session`. */
const ENDINGS = new Set(['token', 'password', 'secret', 'session', 'signature', 'nonce', 'otp', 'jwt'])

const isSecretName = (name: string): boolean => SECRET.has(name) || ENDINGS.has(name.split(/[_.-]/).at(-1)!)

/**
 * A run of 16 or more letters and digits with two digits and two letters or more, or a UUID: random rather than words. Names of
 * assets with a digest in them are taken for such too; they need no spike rule.
 */
const looksSecret = (text: string): boolean =>
  /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-/i.test(text) ||
  (text.match(/[0-9a-z_=+]{16,}/gi) ?? []).some(run => /\d.*\d/.test(run) && /[a-z].*[a-z]/i.test(run))

/** What is told of a response that was asked for without any visitor's fields. */
export interface AnonymousRule {
  /** Milliseconds that the copy is fresh. */
  readonly lifetime: number
  /** And how long it may be served after that while a new one is fetched, and while the origin fails. */
  readonly staleWhileRevalidate: number
  readonly staleIfError: number
}

/**
 * The response as the store is to see it: with a lifetime that makes it storable by RFC 9111 alone, or with `no-store` where
 * it is not everyone's after all. `told` is what visitors are told: of the origin's fields all but those that are one
 * visitor's, and that no other cache is to keep it. `keyedBy`: names in the cache key (http/vary.ts), of which the origin was told.
 */
export function anonymousFields(
  response: PolicyResponse,
  target: string,
  rule: AnonymousRule,
  now: number,
  keyedBy: readonly string[] = [],
): { readonly isStored: boolean; readonly fields: Fields } {
  if (!isEveryones(response, target, keyedBy)) return { isStored: false, fields: refused(response.fields) }
  const lifetime = Math.max(rule.lifetime, ownLifetime(response, now))
  const control = [
    `max-age=${seconds(lifetime)}`,
    `stale-while-revalidate=${seconds(rule.staleWhileRevalidate)}`,
    `stale-if-error=${seconds(rule.staleIfError)}`,
  ]
  return { isStored: true, fields: [...withoutOwn(response.fields), 'Cache-Control', control.join(', ')] }
}

/** What goes to visitors of a copy that is stored. */
export const toldFields = (fields: Fields): Fields => [...withoutOwn(fields), 'Cache-Control', 'private, no-cache']

function isEveryones({ status, fields }: PolicyResponse, target: string, keyedBy: readonly string[]): boolean {
  if (!STATUSES.has(status) || /^text\/event-stream\b/i.test(first(fields, 'content-type') ?? '')) return false
  const vary = parseVary(fields)
  if (vary === '*' || vary.some(name => !SETTLED.has(name) && !keyedBy.includes(name))) return false
  const location = first(fields, 'location')
  const place = location === undefined ? null : URL.parse(location, `http://site.invalid${target}`)
  return location === undefined || (place !== null && mayBeAnonymous(place.pathname + place.search))
}

/** The response's own lifetime, milliseconds, where it calls itself everyone's. */
export function ownLifetime(response: PolicyResponse, now: number): number {
  const policy = responsePolicy(response.fields)
  const { control } = policy
  const isForbidden =
    isPresent(control, 'no-store') ||
    coveredFields(control, 'private') === 'all' ||
    coveredFields(control, 'no-cache') === 'all'
  return isForbidden || has(response.fields, 'set-cookie') ? 0 : lifetimeOf(response, policy, now).lifetime
}

/** What says how long and for whom, and what is set for one visitor. */
const OWN = new Set([
  ...['cache-control', 'cdn-cache-control', 'surrogate-control', 'expires', 'pragma', 'age', 'vary'],
  ...['set-cookie', 'set-cookie2', 'clear-site-data', 'www-authenticate', 'authentication-info', 'breakwater-copy'],
])

const isTargeted = (name: string): boolean => name.endsWith('-cache-control')

const withoutOwn = (fields: Fields): Fields => without(fields, name => OWN.has(name) || isTargeted(name))

const refused = (fields: Fields): Fields => [
  ...withoutOwn(fields),
  ...all(fields, 'vary').flatMap(line => ['Vary', line]),
  'Cache-Control',
  'no-store',
]

const seconds = (milliseconds: number): number => Math.ceil(milliseconds / 1000)

function split(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark)
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}

/** Decoded twice, as origins behind another proxy may; what cannot be decoded stays. */
const decoded = (text: string): string => decodeOnce(decodeOnce(text))

const decodeOnce = (text: string): string =>
  text.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
