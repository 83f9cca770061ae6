// The method PURGE on the site's own address: purges what its target names, or the tags in its header, for whoever has the admin
// token. It is never forwarded, and answered only when every edge has it.

import type { Answer, Exchange } from '../exchange.ts'
import { all, first } from '../http/fields.ts'
import { refusalAnswer } from '../refusal.ts'
import { KEY_SCHEMES, keyPrefix } from '../store/keys.ts'
import { keyEnd } from './key.ts'
import { tagsOf, tellsTags } from './policy/tags.ts'

/** One of the three has something in it. */
export interface PurgeWish {
  /** The keys of single URLs. */
  urls: string[][]
  /** What keys begin with. */
  below: string[]
  /** Hashes of tags. */
  hashes: number[]
  soft: boolean
}

export interface Purger {
  /** Whether this value of Authorization carries the admin token. */
  isAllowed(authorization: string | undefined): boolean
  /** Settles when every edge has it; undefined when core did not answer. */
  purge(wish: PurgeWish): Promise<{ purged: number | null; edges: number; silent: number } | undefined>
}

/** The answer to a PURGE. */
export async function purgeByMethod(purger: Purger, exchange: Exchange): Promise<Answer> {
  const [authorization, ...others] = all(exchange.fields, 'authorization')
  if (others.length > 0 || !purger.isAllowed(authorization)) return refuse(exchange, 'purge-token')
  const mode = first(exchange.fields, 'purge-mode')?.trim().toLowerCase() ?? 'soft'
  if (mode !== 'soft' && mode !== 'hard') return refuse(exchange, 'purge-mode')
  const done = await purger.purge(wishOf(exchange, mode === 'soft'))
  if (done === undefined) return refuse(exchange, 'core-away')
  exchange.outcome = 'own'
  const word =
    done.silent === 0
      ? `every edge has it (${done.edges})`
      : `${done.edges} of ${done.edges + done.silent} edges have it; the others have not answered in time`
  const body = Buffer.from(`${JSON.stringify({ ...done, mode, word })}\n`)
  const fields = [
    'Content-Type',
    'application/json',
    'Cache-Control',
    'no-store',
    'Content-Length',
    String(body.length),
  ]
  return { status: done.silent === 0 ? 200 : 503, fields, body }
}

function wishOf(exchange: Exchange, soft: boolean): PurgeWish {
  const { site, host, client, target, fields } = exchange
  const wish: PurgeWish = { urls: [], below: [], hashes: [], soft }
  if (tellsTags(fields))
    return { ...wish, hashes: [...tagsOf({ site: site.name, scheme: client.scheme, host }, fields)] }
  const under = (end: string): string[] => KEY_SCHEMES.map(scheme => keyPrefix(site.name, scheme, host) + end)
  if (target.endsWith('*')) return { ...wish, below: under(target.slice(0, -1)) }
  const ends = new Set([target, keyEnd(target, exchange.settingsOf(target))])
  return { ...wish, urls: [[...ends].flatMap(under)] }
}

function refuse(exchange: Exchange, reason: 'purge-token' | 'purge-mode' | 'core-away'): Answer {
  exchange.outcome = 'refused'
  exchange.reason = reason
  return refusalAnswer(exchange, reason)
}
