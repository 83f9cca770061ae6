// What an explanation is made of: one decision after the other, in the order of the rooms that make them.

import type { Responsible } from '../cache/policy/responsible.ts'
import type { Difference } from '../html/differences.ts'
import { reasons } from '../reasons.ts'
import type { ReasonCode } from '../reasons.ts'

export type RoomName = 'site' | 'client' | 'door' | 'cache' | 'collect' | 'admission' | 'origin'

export interface Decision {
  readonly room: RoomName
  /** What was decided, a sentence. */
  readonly says: string
  /** The code that Cache-Status and the log have for it. */
  readonly reason?: ReasonCode
  /** What in the messages or in the config is behind it; what weighs most first. */
  readonly because?: readonly Responsible[]
  /** What would change it. */
  readonly mend?: string
  /** Where two fetches that should be the same differ. */
  readonly differences?: readonly Difference[]
}

/** A decision that has a reason, in the words of the table of reasons. */
export function reasoned(room: RoomName, reason: ReasonCode, because: readonly Responsible[] = []): Decision {
  const { prose, mend } = reasons[reason] as { prose: string; mend?: string }
  return { room, says: prose, reason, because, ...(mend === undefined ? {} : { mend }) }
}

/** `the cookie PHPSESSID`, `Cache-Control: private`, `rule "news"`. */
export function responsibleText({ kind, name, value }: Responsible): string {
  if (kind === 'cookie') return `the cookie ${name}`
  if (kind === 'rule') return `the rule "${name}"`
  const field = name.replace(/(^|-)[a-z]/g, letter => letter.toUpperCase())
  return value === undefined ? `${field} of the request` : `${field}: ${value}`
}
