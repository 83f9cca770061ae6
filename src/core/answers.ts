// What visitors' questions are answered with.

import type { ReasonCode } from '../reasons.ts'
import type { AskId, CoreToEdge, Ref } from '../threads/messages.ts'
import type { Visitor } from './flight.ts'

/** Seconds: core and the edges hear of a new config within less. */
const UNKNOWN_SITE_RETRY = 1

export class Answers {
  readonly #send: (slot: number, message: CoreToEdge) => void

  constructor(send: (slot: number, message: CoreToEdge) => void) {
    this.#send = send
  }

  fetch({ slot, id, routeClass }: Visitor, origin: number): void {
    this.#send(slot, { type: 'fetch', id, origin, ...(routeClass === 0 ? {} : { routeClass }) })
  }

  look({ slot, id }: Visitor): void {
    this.#send(slot, { type: 'look', id })
  }

  /** What it waits for comes, and its head lies at this place. */
  follow({ slot, id }: Visitor, ref: Ref): void {
    this.#send(slot, { type: 'follow', id, ref })
  }

  /** Somebody waits for what this visitor's fetch brings. */
  wanted({ slot, id }: Visitor): void {
    this.#send(slot, { type: 'wanted', id })
  }

  stale({ slot, id }: Visitor, reason: 'revalidating' | 'ailing' | 'shed'): void {
    this.#send(slot, { type: 'stale', id, reason })
  }

  /** A stale response if there is one, else a refusal. */
  turnAway(visitor: Visitor, reason: ReasonCode, retryAfter = visitor.permits.retryAfter()): void {
    const { slot, id, stale } = visitor
    if (stale !== 0) return this.stale(visitor, reason.startsWith('queue') ? 'shed' : 'ailing')
    this.#send(slot, { type: 'refuse', id, reason, retryAfter })
  }

  unknownSite(slot: number, id: AskId): void {
    this.#send(slot, { type: 'refuse', id, reason: 'no-origin', retryAfter: UNKNOWN_SITE_RETRY })
  }
}
