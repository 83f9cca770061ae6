// What went wrong between us and an origin server, in the words of the table of reasons.

import { errors } from 'undici'
import type { ReasonCode } from '../reasons.ts'

/** Why we ended a request to the origin ourselves. */
export class Ended extends Error {
  readonly reason: ReasonCode | 'gone'

  constructor(reason: ReasonCode | 'gone') {
    super(reason)
    this.reason = reason
  }
}

/** Where the request stood when it failed: not yet on a connection, sent, first bytes of a response seen, its head whole. */
export type Stage = 'connecting' | 'sent' | 'begun' | 'answered'

const TIMEOUTS: ReadonlySet<string> = new Set(['connect-timeout', 'first-byte-timeout', 'idle-timeout'])
export const isTimeout = (reason: string): boolean => TIMEOUTS.has(reason)

/** The reason for an error of undici, of a socket or of our own. */
export function reasonOf(error: Error, stage: Stage): ReasonCode | 'gone' {
  if (error instanceof Ended) return error.reason
  if (error instanceof errors.ConnectTimeoutError) return 'connect-timeout'
  // Not forwarded at all: the request holds what no request to an origin may hold.
  if (error instanceof errors.InvalidArgumentError || error instanceof errors.NotSupportedError) return 'bad-request'
  if (stage === 'connecting') return 'connect-failed'
  return isGarbage(error, stage) ? 'origin-garbage' : 'origin-reset'
}

/**
 * undici says "bad response" of bytes nobody asked for and "bad upgrade" of a change of protocol nobody asked for; and that
 * a length does not match, which before the end of the head means that there were two.
 */
function isGarbage(error: Error, stage: Stage): boolean {
  if (error instanceof errors.HTTPParserError || error instanceof errors.HeadersOverflowError) return true
  if (error instanceof errors.ResponseContentLengthMismatchError) return stage === 'begun'
  return error instanceof errors.SocketError && error.message.startsWith('bad ')
}
