// What the fast lane wants of the cache room, and all it knows of it. The edge thread hands the two to each other.

import type { Score } from '../../board/scores.ts'
import type { Fields } from '../../http/fields.ts'
import type { Block } from './head.ts'

/** The other end of a connection. */
export interface Peer {
  readonly address: string
  readonly port: number
  readonly secure: boolean
  /** Requests that the fast lane answered on the connection since somebody last asked for it (client/conduct.ts). */
  answered?: number
}

/** The beginning of every cache key of one host of one site, hashed beforehand. */
export interface KeyPrefix {
  readonly bytes: Uint8Array
  /** FNV-1a state behind the prefix (store/hash.ts). */
  readonly hash: number
  /** Where the site's answers are counted. */
  readonly score: Pick<Score, 'good'>
  /** The site's name. */
  readonly site: string
}

/** A stored response that can be sent as it is, until the event loop goes on. */
export interface Prepared {
  /** Head and body in one piece, or the head alone where `body` is set. */
  readonly whole: Buffer
  readonly headOnly: Buffer
  /** A body too large to be copied, in shared memory. */
  readonly body: Uint8Array | undefined
  /** The place in the store that `body` lies in. */
  readonly ref: number
  /** Served after its freshness lifetime, under a lease from core. */
  readonly stale: boolean
  /** It is no stored response but the answer to a poll of the waiting room. */
  readonly poll?: boolean
  /** Sums of the route that it belongs to. */
  readonly route: { hits: number; bytes: number }
  /** The head for HTTP/2, with what it was made of (listener/h2/front.ts). */
  encoded: { readonly of: Buffer; readonly head: Buffer } | undefined
  notModified(preconditions: Fields): Buffer | undefined
  /** Keeps the bytes of `whole` and `headOnly` until the function handed back is called. */
  hold(): () => void
}

export interface FastHits<Prefix extends KeyPrefix = KeyPrefix> {
  /** Counts the configs and the changes of mode: what `prefixFor` gave before is void. */
  readonly generation: number
  /** The key prefix for a block's Host and what a trusted proxy says of the scheme; undefined: no such site, or a doubt. */
  prefixFor(block: Block, peer: Peer): Prefix | undefined
  /**
   * The stored response to the target bytes[from, to), or undefined where the slow lane has to look. `hash` is the FNV-1a
   * state behind prefix and target; `most` bounds the bytes of its body.
   */
  find(
    prefix: Prefix,
    block: Block,
    peer: Peer,
    bytes: Buffer,
    from: number,
    to: number,
    hash: number,
    most?: number,
  ): Prepared | undefined
}
