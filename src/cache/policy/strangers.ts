// Who may have the copy that a spike rule keeps for all strangers, and what of a stranger's request it is asked for with: nothing but
// what rules key by, so that there is a copy for each value of that. Pure: the request and the settings decide.

import type { AnonymousSettings, Settings } from '../../config/settings.ts'
import { cookiesOf } from '../../http/cookies.ts'
import { has, without } from '../../http/fields.ts'
import type { Fields } from '../../http/fields.ts'
import { RULES_FIELD, keyedCookie } from '../../http/vary.ts'
import type { ReasonCode } from '../../reasons.ts'
import { keyFields } from '../key.ts'
import { SYNTHETIC_HEADER, mayBeAnonymous } from './anonymous.ts'
import { carriesOwnCookie } from './credentials.ts'

interface Asking {
  readonly method: string
  readonly fields: Fields
  readonly target: string
  readonly settings: Pick<Settings, 'ignoresCookie' | 'isSession' | 'ignoresQuery' | 'dropsCookie' | 'keyed'>
}

export type CopyObjection = Extract<
  ReasonCode,
  'method-not-stored' | 'copy-for-nobody-known' | 'copy-for-strangers' | 'copy-keyed' | 'copy-address'
>

/** Why this visitor, or this address, is none that the rule is for; undefined where it is. */
export function objectionToCopy(asking: Asking, { seenBy }: AnonymousSettings): CopyObjection | undefined {
  const { method, fields, target, settings } = asking
  if (method !== 'GET' && method !== 'HEAD') return 'method-not-stored'
  if (has(fields, 'authorization') || has(fields, 'proxy-authorization')) return 'copy-for-nobody-known'
  if (seenBy === 'strangers' && carriesOwnCookie(fields, settings)) return 'copy-for-strangers'
  if (isKeyedByPerson(asking)) return 'copy-keyed'
  return mayBeAnonymous(target) ? undefined : 'copy-address'
}

/**
 * All that the origin is told of who asks for the copy: the header of nobody, and of the visitor's the fields and cookies that rules
 * key by. These are in the key, so whoever gets the copy has sent the very same.
 */
export function headerOfCopy(fields: Fields, settings: Asking['settings']): Fields {
  const { keyed } = settings
  if (keyed === null) return [...SYNTHETIC_HEADER]
  const isKeyed = (name: string): boolean => keyed.names.includes(name)
  const own = keyFields(fields, settings)
  const cookies = cookiesOf(own).filter(([name]) => isKeyed(keyedCookie(name)))
  const said = without(own, name => !isKeyed(name) || name === RULES_FIELD)
  const nobody = without(SYNTHETIC_HEADER, isKeyed)
  const cookie = cookies.map(([name, value]) => `${name}=${value}`).join('; ')
  return [...nobody, ...said, ...(cookie === '' ? [] : ['Cookie', cookie])]
}

/** What rules key by is one person's here: a session, all cookies whatever they are, or a field that leads to such an address. */
function isKeyedByPerson({ fields, settings }: Asking): boolean {
  const { keyed, isSession } = settings
  if (keyed === null) return false
  const own = keyFields(fields, settings)
  if (keyed.names.includes('cookie') && has(own, 'cookie')) return true
  const isOwn = ([name]: [string, string]): boolean =>
    keyed.names.includes(keyedCookie(name)) && isSession?.(name) === true
  if (cookiesOf(own).some(isOwn)) return true
  return own.some((value, i) => i % 2 === 1 && isPersonalPlace(own[i - 1]!, value, keyed.names))
}

/** Fields in which a visitor may name another address than the request's, for origins that heed them. */
const isPersonalPlace = (name: string, value: string, names: readonly string[]): boolean =>
  value.includes('/') && names.includes(name.toLowerCase()) && !mayBeAnonymous(value)
