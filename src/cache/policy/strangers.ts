// Who may have the copy that a spike rule keeps for all strangers. Pure: the request and the settings decide.

import type { AnonymousSettings, Settings } from '../../config/settings.ts'
import { has } from '../../http/fields.ts'
import type { Fields } from '../../http/fields.ts'
import { secondaryKey } from '../../http/vary.ts'
import type { ReasonCode } from '../../reasons.ts'
import { keyFields } from '../key.ts'
import { SYNTHETIC_HEADER, mayBeAnonymous } from './anonymous.ts'
import { carriesOwnCookie } from './credentials.ts'

interface Asking {
  readonly method: string
  readonly fields: Fields
  readonly target: string
  readonly settings: Pick<Settings, 'ignoresCookie' | 'ignoresQuery' | 'dropsCookie' | 'keyed'>
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
  if (!isKeyedLikeNobody(asking)) return 'copy-keyed'
  return mayBeAnonymous(target) ? undefined : 'copy-address'
}

/** What rules key by is the same as in a request that says nothing: who asks for another language is not a mere stranger. */
function isKeyedLikeNobody({ fields, settings }: Asking): boolean {
  const { keyed } = settings
  if (keyed === null) return true
  const keyOf = (each: Fields): string => secondaryKey(keyed.names, keyFields(each, settings))
  return keyOf(fields) === keyOf(SYNTHETIC_HEADER)
}
