// A site that is frozen: its pages come from a snapshot on disk, for everyone the same, and the origin may be off. What was read goes
// through the store like any other response, under keys that name the snapshot, so another one is in force from one request to the next.

import type { SnapshotSettings } from '../config/settings.ts'
import type { Answer, Exchange, Next } from '../exchange.ts'
import { OUR_NAME, formatCacheStatus } from '../http/cachestatus.ts'
import { refusalAnswer } from '../refusal.ts'
import { snapshotScheme } from '../store/keys.ts'
import { forVisitor, synthetic } from './anonymous.ts'
import { SYNTHETIC_HEADER } from './policy/anonymous.ts'
import type { Cache } from './types.ts'

/** A snapshot never changes: it is read again when what was stored of it has gone. */
const STORED = ['Cache-Control', 'public, max-age=86400']
/** Browsers ask each time, and are told that theirs is the one: they have the site itself again as soon as it is there. */
const TOLD = ['Cache-Control', 'no-cache']
/** Seconds: nobody who meets a page that is missing knows when there will be one. */
const RETRY_AFTER = 60

/** Undefined where rules let the request go on to the origin, or to where forms are collected. */
export async function frozen(
  cache: Cache,
  exchange: Exchange,
  snapshot: SnapshotSettings,
  answerOrFetch: (cache: Cache, exchange: Exchange, next: Next) => Promise<Answer>,
): Promise<Answer | undefined> {
  const { method, client, settings } = exchange
  if (method !== 'GET' && method !== 'HEAD') return settings.collect !== null ? undefined : missing(exchange, snapshot)
  if (exchange.upgrade !== undefined) return missing(exchange, snapshot)
  const own = synthetic(exchange, SYNTHETIC_HEADER, snapshotScheme(snapshot.version, client.scheme))
  const answer = await answerOrFetch(cache, own, asked => read(cache, asked, snapshot.version))
  if (answer === NOT_THERE) return missing(exchange, snapshot)
  if (answer === BROKEN) return refused(exchange, 'snapshot-broken')
  const isRead = own.outcome === 'miss' || own.outcome === 'pass'
  exchange.outcome = isRead ? 'hit' : own.outcome
  exchange.reason = isRead || own.reason === 'stored-explicit' ? 'stored-snapshot' : own.reason
  return forVisitor(exchange, isRead ? asHit(answer) : answer, cache.clock.now())
}

const HIT = formatCacheStatus({ cache: OUR_NAME, hit: true, detail: 'stored-snapshot' })

/** Read from disk, and no origin was asked: the line that it went down took it for a miss. */
const asHit = (answer: Answer): Answer => ({
  ...answer,
  fields: answer.fields.map(value => (value.startsWith(`${OUR_NAME}; fwd=`) ? HIT : value)),
})

const NOT_THERE: Answer = Object.freeze({ status: 0, fields: [], body: null })
const BROKEN: Answer = Object.freeze({ status: 0, fields: [], body: null })

async function read(cache: Cache, { site, target }: Exchange, version: number): Promise<Answer> {
  const page = await cache.snapshots.page(site.name, version, target)
  if (page === undefined) return NOT_THERE
  if (page === 'broken') return BROKEN
  const { status, body } = page
  const now = cache.clock.now()
  const fields = page.isNearest ? [...page.fields, 'Cache-Control', 'no-store'] : [...page.fields, ...STORED]
  return { status, fields: [...page.fields, ...TOLD], body, origin: { fields, requestedAt: now, receivedAt: now } }
}

const missing = (exchange: Exchange, snapshot: SnapshotSettings): Answer | undefined =>
  snapshot.missing === 'origin' ? undefined : refused(exchange, 'not-in-snapshot')

function refused(exchange: Exchange, reason: 'not-in-snapshot' | 'snapshot-broken'): Answer {
  exchange.outcome = 'refused'
  exchange.reason = reason
  exchange.body?.cancel(new Error(reason))
  return refusalAnswer(exchange, reason, { retryAfter: RETRY_AFTER })
}
