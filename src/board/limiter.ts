// Who enforces a limit: the other half of `Limit` (core/limits/limit.ts), which decides. Neither knows of the other; between
// them stands a number on the board. Rooms see this contract alone, so that who enforces can be changed and tested by itself.

import type { Permit } from '../exchange.ts'
import type { AskId } from '../threads/messages.ts'

export interface Limiter {
  /**
   * A place at the site's origin with the least in flight for its limit, or undefined when all are full or down or when
   * others wait. `except` leaves one origin out. `pastQueue` disregards who waits, for when core has gone away.
   */
  take(site: string, wishes?: { except?: number; pastQueue?: boolean; routeClass?: number }): Permit | undefined
  /** The permit for a place that core has counted already. */
  granted(origin: number, ask: AskId, routeClass?: number): Permit
  /** Every origin of the site is full, ailing or down, or others wait for it: another request would have to wait too. */
  isFull(site: string): boolean
  /** A new core has come: what the old one had counted for this edge but could not tell it any more is taken back. */
  resync(): void
}
