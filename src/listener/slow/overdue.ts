// When a connection has taken too long: a state machine fed by a sweep over all connections, because node's own time-outs
// never fire on a server that does not listen, and a timer each would cost more than the request.

import { creditedUntil } from '../credit.ts'
import type { SlowLimits } from './types.ts'

/** What a sweep sees of a connection. */
export interface Sight {
  /** Bytes read from it, and bytes the visitor has taken, since it was adopted. */
  bytesIn: number
  taken: number
  /** Bytes of answers that wait for the visitor. */
  pending: number
  /** `idle`: no request is being answered. `busy`: one is. `upgraded`: it carries another protocol. */
  state: 'idle' | 'busy' | 'upgraded'
  /** Somebody waits for bytes of a request body. */
  awaitsBody: boolean
  /** The visitor has ended its side and its answer is not whole. */
  deserted: boolean
}

export type Overdue = 'idle' | 'head' | 'body' | 'send' | 'deserted'

/**
 * A body may take this long in all, however steadily it trickles: 4 hours carry the default bound of 1 GiB at 600 kbit/s.
 */
const MAX_BODY_MS = 4 * 3600 * 1000

/**
 * A visitor that ends its side usually has left, and only sometimes waits for the answer to its last request (RFC 9112
 * section 9.6). It gets what is ready: when nothing has been sent to it for a second, it counts as gone.
 */
const DESERTED_MS = 1000

/** Remembers when each thing began. All times are monotonic milliseconds. */
export class Watch {
  #bytesIn = 0
  #taken = 0
  #idleBytes = 0
  #wasIdle = true
  #idleSince: number
  #headSince: number | undefined
  #bodySince: number | undefined
  #bodyBegan: number | undefined
  #sendSince: number | undefined
  #desertedSince: number | undefined

  constructor(now: number) {
    this.#idleSince = now
  }

  /** What is overdue now, if anything. */
  look(sight: Sight, now: number, limits: SlowLimits): Overdue | undefined {
    const found =
      this.#sending(sight, now, limits) ??
      this.#deserted(sight, now) ??
      (sight.state === 'idle' ? this.#idling(sight, now, limits) : this.#reading(sight, now, limits))
    this.#bytesIn = sight.bytesIn
    this.#taken = sight.taken
    return found
  }

  #sending(sight: Sight, now: number, limits: SlowLimits): Overdue | undefined {
    if (sight.pending === 0) {
      this.#sendSince = undefined
      return undefined
    }
    this.#sendSince = creditedUntil(this.#sendSince ?? now, sight.taken - this.#taken, limits.leastRate, now)
    return now - this.#sendSince >= limits.sendTimeout ? 'send' : undefined
  }

  #deserted(sight: Sight, now: number): Overdue | undefined {
    const isServed = sight.pending > 0 || sight.taken !== this.#taken
    this.#desertedSince = sight.deserted && !isServed ? (this.#desertedSince ?? now) : undefined
    return this.#desertedSince !== undefined && now - this.#desertedSince >= DESERTED_MS ? 'deserted' : undefined
  }

  /** Between requests: silent, or with the next head begun but not whole. */
  #idling(sight: Sight, now: number, limits: SlowLimits): Overdue | undefined {
    if (!this.#wasIdle) {
      this.#wasIdle = true
      this.#idleSince = now
      this.#idleBytes = sight.bytesIn
      this.#headSince = undefined
    }
    if (sight.bytesIn !== this.#idleBytes) this.#headSince ??= now
    if (this.#headSince !== undefined) return now - this.#headSince >= limits.headTimeout ? 'head' : undefined
    return now - this.#idleSince >= limits.idleTimeout ? 'idle' : undefined
  }

  /** A body on its way: neither silent for long nor trickling for ever. Time in which nobody reads does not count. */
  #reading(sight: Sight, now: number, limits: SlowLimits): Overdue | undefined {
    this.#wasIdle = false
    if (!sight.awaitsBody) {
      this.#bodySince = undefined
      if (sight.pending === 0 && this.#bodyBegan !== undefined) this.#bodyBegan = undefined
      return undefined
    }
    this.#bodyBegan ??= now
    this.#bodySince = creditedUntil(this.#bodySince ?? now, sight.bytesIn - this.#bytesIn, limits.leastRate, now)
    const isOverdue = now - this.#bodySince >= limits.bodyTimeout || now - this.#bodyBegan >= MAX_BODY_MS
    return isOverdue ? 'body' : undefined
  }
}
