// What is decided of an answer once the origin has given it: may it be stored, for how long, and who else gets it. Pure.

import type { Visit } from '../audit/visit.ts'
import { cacheStatus, settledBy } from '../cache/answer.ts'
import { responsibleFor } from '../cache/policy/responsible.ts'
import type { Responsible } from '../cache/policy/responsible.ts'
import { keyFields } from '../cache/key.ts'
import { storable } from '../cache/policy/storable.ts'
import type { Settings } from '../config/types.ts'
import { all } from '../http/fields.ts'
import { isSafe } from '../cache/policy/invalidate.ts'
import { reasons } from '../reasons.ts'
import type { ReasonCode } from '../reasons.ts'
import type { Asked } from './beforehand.ts'
import type { Decision } from './decision.ts'

/** What the next visitor gets. */
export interface Verdict {
  /** It is answered from the store. */
  readonly stored: boolean
  readonly reason: ReasonCode
  readonly says: string
  readonly because: readonly Responsible[]
  readonly mend: string | null
  /** Seconds that it is fresh, and for which it may be used after that while a new one is fetched, or the origin fails. */
  readonly freshSeconds: number
  readonly staleWhileRevalidateSeconds: number
  readonly staleIfErrorSeconds: number
}

const NO_TIME = { freshSeconds: 0, staleWhileRevalidateSeconds: 0, staleIfErrorSeconds: 0 }

export const verdictOf = (
  reason: ReasonCode,
  because: readonly Responsible[],
  more: Partial<Pick<Verdict, 'stored' | keyof typeof NO_TIME>> = {},
): Verdict => {
  const { prose, mend } = reasons[reason] as { prose: string; mend?: string }
  return { stored: false, reason, says: prose, because, mend: mend ?? null, ...NO_TIME, ...more }
}

/** The cache's decision about what the origin answered, with the numbers that its record would have. */
export function verdictOn(asked: Asked, scheme: string, seen: Visit, given: Settings): Verdict {
  const settings = settledBy(given, seen.status, seen.fields)
  const request = {
    method: asked.method,
    uri: `${scheme}://${asked.host}${asked.target}`,
    fields: keyFields(asked.fields, settings),
  }
  const response = { status: seen.status, fields: seen.fields }
  const decision = storable(request, response, { requested: seen.requestedAt, received: seen.receivedAt }, settings)
  const because = responsibleFor(decision.reason, asked.fields, seen.fields, settings)
  if (!decision.store) return verdictOf(decision.reason, because)
  const { freshUntil, revalidateUntil, errorUntil } = decision.freshness
  return verdictOf(decision.reason, because, {
    stored: true,
    freshSeconds: seconds(freshUntil - seen.receivedAt),
    staleWhileRevalidateSeconds: seconds(revalidateUntil - freshUntil),
    staleIfErrorSeconds: seconds(errorUntil - freshUntil),
  })
}

const seconds = (ms: number): number => Math.max(0, Math.round(ms / 1000))

/** What else the answer says, as far as the cache acts on it. */
export function remarks(seen: Visit): Decision[] {
  const vary = all(seen.fields, 'vary').join(', ')
  const says =
    seen.status === 0
      ? `The origin does not answer: ${seen.error ?? ''}`
      : `The origin answers ${seen.status} after ${Math.round(seen.firstByteMs)} ms, ${seen.wireBytes} bytes.`
  if (vary === '') return [{ room: 'origin', says }]
  const because = [{ kind: 'response field', name: 'vary', value: vary }] as const
  return [
    { room: 'origin', says },
    { room: 'cache', says: 'A copy for each value of the fields that Vary names.', because },
  ]
}

/** The member of Cache-Status that the visitor who fetches it sees. */
export const statusOf = ({ method }: Asked, { stored, reason }: Verdict, status: number, isBypassed: boolean): string =>
  cacheStatus({
    fwd: isBypassed && isSafe(method) ? 'bypass' : isSafe(method) ? 'uri-miss' : 'method',
    fwdStatus: status,
    stored,
    detail: reason,
  })
