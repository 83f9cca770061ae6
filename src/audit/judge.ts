// What Breakwater's cache would do with one answer, and whether it may: the cache's own policy, asked without sending
// anything through it. Pure.
import { NO_RULES } from '../cache/policy/rules.ts'
import { storable } from '../cache/policy/storable.ts'
import type { ReasonCode } from '../reasons.ts'
import type { Visit } from './visit.ts'

export interface Judgement {
  stored: boolean
  reason: ReasonCode
  /** Seconds that it would be fresh; 0 when it is not stored. */
  seconds: number
}

/** `forgiven`: cookies of the request that a rule calls harmless. */
export function judge(visit: Visit, forgiven: (cookie: string) => boolean = () => false): Judgement {
  const request = { method: 'GET', uri: visit.url, fields: visit.asked }
  const response = { status: visit.status, fields: visit.fields }
  const times = { requested: visit.requestedAt, received: visit.receivedAt }
  const decision = storable(request, response, times, { ...NO_RULES, ignoresCookie: forgiven })
  if (!decision.store) return { stored: false, reason: decision.reason, seconds: 0 }
  const seconds = Math.max(0, Math.round((decision.freshness.freshUntil - visit.receivedAt) / 1000))
  return { stored: true, reason: decision.reason, seconds }
}
