// What the rooms of a dry run have decided, told: what the origin answered, and what the next visitor gets. Pure.

import { decide } from '../cache/keep.ts'
import { responsibleFor } from '../cache/policy/responsible.ts'
import type { Responsible } from '../cache/policy/responsible.ts'
import type { ProofFound } from '../cache/proof.ts'
import type { Answer, Exchange } from '../exchange.ts'
import { all } from '../http/fields.ts'
import { reasons } from '../reasons.ts'
import type { ReasonCode } from '../reasons.ts'
import type { Decision } from './decision.ts'
import type { Fetch, Heard } from './dry-line.ts'

/** What the next visitor gets. */
export interface Verdict {
  /** It is answered from the store. */
  readonly stored: boolean
  /** Who answers it: the store, the origin, or a rule or refusal of Breakwater's own. */
  readonly answeredBy: 'store' | 'origin' | 'breakwater'
  /** What this visitor gets. */
  readonly status: number
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

/** The last decision of the line about this exchange, with the numbers that the record has; null where it has no reason. */
export function verdictOf(exchange: Exchange, answer: Answer, heard: Heard): Verdict | null {
  const { reason, settings } = exchange
  if (reason === undefined) return null
  const last = heard.decided.at(-1)
  const stored = last?.isStored === true
  const { prose, mend } = reasons[reason] as { prose: string; mend?: string }
  const isAsked = heard.fetches.length + heard.failures.length > 0
  return {
    ...{ stored, answeredBy: stored ? 'store' : isAsked ? 'origin' : 'breakwater', status: answer.status },
    ...{ reason, says: prose, mend: mend ?? null },
    because: responsibleFor(reason, exchange.fields, last?.answer.origin?.fields ?? [], settings),
    ...(last !== undefined && stored ? timesOf(last) : NO_TIME),
  }
}

function timesOf({ exchange, answer }: Heard['decided'][number]): typeof NO_TIME {
  const decision = decide(exchange, answer)
  if (!decision.store) return NO_TIME
  const { freshUntil, revalidateUntil, errorUntil } = decision.freshness
  return {
    freshSeconds: seconds(freshUntil - answer.origin!.receivedAt),
    staleWhileRevalidateSeconds: seconds(revalidateUntil - freshUntil),
    staleIfErrorSeconds: seconds(errorUntil - freshUntil),
  }
}

const seconds = (ms: number): number => Math.max(0, Math.round(ms / 1000))

/** What came from the origin and out of snapshots, and what two fetches for nobody in particular came to. */
export function remarks({ fetches, failures, broken, proofs, decided }: Heard): Decision[] {
  return [
    ...fetches.map(answered),
    ...failures.map((why): Decision => ({ room: 'origin', says: `The origin does not answer: ${why}` })),
    ...broken.map((why): Decision => ({ room: 'cache', says: `The snapshot cannot be read: ${why}` })),
    ...proofs.map(proved),
    ...variants(decided.at(-1)?.answer),
  ]
}

function answered({ target, answer: { status, body }, ms }: Fetch): Decision {
  const length = body instanceof Uint8Array ? body.length : body?.length
  const size = length === undefined ? '' : `, ${length} bytes`
  return { room: 'origin', says: `The origin answers ${status} for ${target} after ${Math.round(ms)} ms${size}.` }
}

function variants(answer: Answer | undefined): Decision[] {
  const value = all(answer?.origin?.fields ?? [], 'vary').join(', ')
  if (value === '') return []
  const because = [{ kind: 'response field', name: 'vary', value }] as const
  return [{ room: 'cache', says: 'A copy for each value of the fields that Vary names.', because }]
}

function proved({ verdict, why, holes, differences, member }: ProofFound): Decision {
  if (verdict !== 'refused') {
    const filled =
      holes.length === 0 ? '' : ` Filled for each visitor at the first touch of the form: ${holes.join(', ')}.`
    const hidden = member?.differences ?? []
    const hides = hidden.length === 0 ? '' : ' What the test session sees, and the copy does not show:'
    const says = `Two fetches for nobody in particular brought the same page.${filled}${hides}`
    return { room: 'cache', says, ...(hidden.length === 0 ? {} : { differences: hidden }) }
  }
  return {
    room: 'cache',
    says: `No copy for strangers is made of it: ${why ?? 'two fetches differ'}.`,
    ...(differences.length === 0 ? {} : { differences }),
    mend: '`breakwater prove URL` shows what differs.',
  }
}

/** Our member of Cache-Status; null where the answer has none. */
export const memberOf = ({ fields }: Answer): string | null =>
  all(fields, 'cache-status').findLast(value => value.startsWith('breakwater')) ?? null
