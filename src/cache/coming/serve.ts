// Answers a request that waited with a response whose body still comes, by the same rules as one that is stored.

import type { Answer, Coming, Exchange } from '../../exchange.ts'
import { evaluate } from '../../http/conditional.ts'
import { first } from '../../http/fields.ts'
import { secondaryKey } from '../../http/vary.ts'
import { carriesCookie } from '../../http/cookies.ts'
import { Flag, Word } from '../../store/layout.ts'
import { cacheStatus, collapsedHit, notModifiedFields, settledBy, told, withoutTold } from '../answer.ts'
import { foundAt, storedLines } from '../lookup.ts'
import { currentAge } from '../policy/age.ts'
import { variedFields } from '../policy/coding.ts'
import { isForEveryone } from '../policy/everyone.ts'
import { reuse } from '../policy/reuse.ts'
import type { Cache } from '../types.ts'

/**
 * The answer, or undefined where this response is not for this request, or is not to be used without asking: then the request waits
 * for its end as it would for any other. `arrived`: wall clock, milliseconds.
 */
export function serveComing(cache: Cache, exchange: Exchange, coming: Coming, arrived: number): Answer | undefined {
  const { segments } = cache.index
  const now = cache.clock.now()
  const found = foundAt(cache.index, coming.ref)
  if (found === undefined || !isMeant(cache, exchange, coming.ref)) return undefined
  const stored = storedLines(cache.index, found)
  const { isSession } = exchange.settings
  if (isSession !== null && carriesCookie(exchange.fields, isSession) && !isForEveryone(stored)) return undefined
  // What came after the request was made answers it, however short-lived.
  const isNewer = found.storedAt >= arrived
  if (!isNewer && reuse(found.freshness, exchange.fields, now, exchange.settings).use !== 'fresh') return undefined
  const status = segments.word(coming.ref, Word.status)
  const selected = { status, fields: stored, length: undefined, receivedAt: found.storedAt }
  const { answer } = evaluate(exchange.method, exchange.fields, selected, now)
  if (answer !== 'full' && answer !== 'not modified') return undefined
  exchange.settings = settledBy(exchange.settings, status, stored)
  const age = currentAge(found.freshness.ageBase, now)
  const formed = (found.freshness.flags & Flag.mayBeCoded) === 0 ? stored : variedFields(stored)
  const said = ['Age', String(age), 'Cache-Status', cacheStatus(collapsedHit(found.freshness, now))]
  const fields = [...withoutTold(formed, exchange.settings), ...said, ...told(exchange.settings, age)]
  exchange.outcome = 'collapsed'
  exchange.reason = 'collapsed'
  if (answer === 'not modified' || exchange.method === 'HEAD') {
    coming.drop()
    const isWhole = answer === 'full'
    return { status: isWhole ? status : 304, fields: isWhole ? fields : notModifiedFields(fields), body: null }
  }
  const length = first(stored, 'content-length')
  return { status, fields, body: coming.follow(length === undefined ? undefined : Number(length)) }
}

/** Are primary and secondary key those of this request? */
function isMeant({ index }: Cache, { key, fields }: Exchange, ref: number): boolean {
  const [primary, names, ...secondary] = Buffer.from(index.segments.key(ref)).toString('latin1').split('\n')
  const varying = names === '' ? [] : names!.split(',')
  return primary === key && secondaryKey(varying, fields) === secondary.join('\n')
}
