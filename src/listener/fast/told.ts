// What those who keep account of requests hear of a hit, without a look back at the request's bytes.

import type { Ended } from '../ended.ts'
import type { Block } from './head.ts'
import type { Peer, Prepared } from './hits.ts'

interface AskedFor {
  readonly peer: Peer
  readonly block: Block
  readonly isHead: boolean
  readonly target: string
  readonly site: string
  readonly httpVersion: string
}

/** `first`: what was answered, from its status line on. */
export function endedHit(
  hit: Prepared,
  first: Buffer,
  { peer, block, isHead, target, site, httpVersion }: AskedFor,
  ms: number,
): Ended {
  const status = statusOf(first)
  return {
    ...{ lane: 'fast', peer, head: block, method: isHead ? 'HEAD' : 'GET', target, host: block.host, httpVersion },
    ...{ status, site, rules: [], client: undefined, reason: undefined, queuedMs: 0, originMs: 0, ms },
    bytes: isHead || status === 304 ? 0 : hit.whole.length + (hit.body?.length ?? 0) - hit.headOnly.length,
    outcome: hit.poll === true ? 'own' : hit.stale ? 'stale' : 'hit',
  }
}

/** Of an answer of ours, which begins `HTTP/1.1 200`. */
const statusOf = (answer: Buffer): number => answer[9]! * 100 + answer[10]! * 10 + answer[11]! - 48 * 111
