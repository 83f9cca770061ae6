// What the listener tells of each request that has ended, in either lane, to whoever keeps account of requests beyond the board's
// counters: the access log, and the sums of routes. The edge hands the ears in.

import type { Outcome } from '../board/counters.ts'
import type { Fields } from '../http/fields.ts'
import type { ReasonCode } from '../reasons.ts'
import type { Peer } from './fast/hits.ts'

/** One request that has ended. Times are milliseconds. */
export interface Ended {
  lane: 'fast' | 'slow'
  peer: Peer
  /** Its header; what was made of it lasts as long as it, so one of a connection's may be the same object again and again. */
  head: { readonly fields: Fields }
  method: string
  /** As it was sent, latin1; empty where none could be read. */
  target: string
  host: string
  httpVersion: string
  /** 0 where nothing was answered. */
  status: number
  /** Of the answer's body, as handed to the connection. */
  bytes: number
  /** From the whole head to the whole answer. */
  ms: number
  outcome: Outcome
  reason: ReasonCode | undefined
  site: string | undefined
  /** Names of the rules that matched; those of the fast lane are known to whoever made its answer. */
  rules: readonly string[]
  /** Behind trusted proxies; undefined where nobody looked. */
  client: string | undefined
  /** For a place at the origin, and until its first byte. */
  queuedMs: number
  originMs: number
}

/** Whoever wants to hear of them. */
export interface Ears {
  /** Whether the next answer of the fast lane is to be told. Asked once for each. */
  wantsHit(): boolean
  ended(request: Ended): void
}
