// What went wrong between us and an origin server, in the words of the table of reasons.

import type { ReasonCode } from '../reasons.ts'

/** A request to the origin that we ended, and why. */
export class Ended extends Error {
  readonly reason: ReasonCode | 'gone'

  /** `what` was wrong, for the log. */
  constructor(reason: ReasonCode | 'gone', what: string = reason) {
    super(what)
    this.reason = reason
  }
}

/** The origin has refused it before it did anything, so it may be asked again (RFC 9113 section 8.7). */
export class Untouched extends Ended {
  constructor(what: string) {
    super('origin-reset', what)
  }
}

/** Where the request stood when it failed: not yet on a connection, sent, first bytes of a response seen, its head whole. */
export type Stage = 'connecting' | 'sent' | 'begun' | 'answered'

const TIMEOUTS: ReadonlySet<string> = new Set(['connect-timeout', 'first-byte-timeout', 'idle-timeout'])
export const isTimeout = (reason: string): boolean => TIMEOUTS.has(reason)

/** The reason for an error of a socket or of our own. */
export function reasonOf(error: Error, stage: Stage): ReasonCode | 'gone' {
  if (error instanceof Ended) return error.reason
  return stage === 'connecting' ? 'connect-failed' : 'origin-reset'
}
