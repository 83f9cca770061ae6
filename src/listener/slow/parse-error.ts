// What llhttp's refusals mean in our words. Node tells of them by `clientError`, with llhttp's code and the bytes at hand.

import type { ReasonCode } from '../../reasons.ts'

/** The error that node:http emits with `clientError`. */
export interface ParseError extends Error {
  code?: string
  /** llhttp's own sentence. */
  reason?: string
  /** The bytes last read, the offending ones among them. */
  rawPacket?: Buffer
}

/** True for an error in what was sent; false for one of the connection (reset, broken pipe). */
export const isParseError = (error: ParseError): boolean => error.code?.startsWith('HPE_') === true

/** The client sent more although it had said that nothing would follow. The answer under way is not touched by it. */
export const isAfterClose = (error: ParseError): boolean => error.code === 'HPE_CLOSED_CONNECTION'

/** The connection ended in the middle of a request. */
export const isCutOff = (error: ParseError): boolean => error.code === 'HPE_INVALID_EOF_STATE'

/** The reason to refuse with. */
export function reasonOf(error: ParseError, targetBytes: number): ReasonCode {
  const { code, reason } = error
  if (code === 'HPE_HEADER_OVERFLOW') {
    return startsWithLongTarget(error.rawPacket, targetBytes) ? 'target-too-long' : 'headers-too-large'
  }
  // HTTP/2 with prior knowledge begins with the method PRI (RFC 9113 section 3.4).
  if (code === 'HPE_PAUSED_H2_UPGRADE') return 'version-refused'
  if (code === 'HPE_INVALID_VERSION' && reason === 'Invalid HTTP version') return 'version-refused'
  return 'bad-request'
}

/**
 * Targets between limits.targetBytes and llhttp's bound are told exactly, by their length. Beyond, llhttp stops somewhere
 * inside; a packet whose first line is longer than a target may be shows that it was the target. Where that line came in
 * many packets it is called a header section too large, which is as true.
 */
function startsWithLongTarget(packet: Buffer | undefined, targetBytes: number): boolean {
  if (packet === undefined) return false
  const space = packet.indexOf(0x20)
  if (space < 1 || space > LONGEST_METHOD || packet[space + 1] !== 0x2f) return false
  const lineEnd = packet.indexOf(0x0d)
  return (lineEnd === -1 ? packet.length : lineEnd) - space > targetBytes
}

/** `UNSUBSCRIBE` has 11 letters; no registered method has more than 17 (UPDATEREDIRECTREF). */
const LONGEST_METHOD = 17
