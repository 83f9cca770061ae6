// The head of a request to an origin server as text, made from parsed fields and never from a visitor's bytes. What could
// be read as more than one head is refused here, whoever it came from.

import type { Fields } from '../../http/fields.ts'
import { fieldLines, isName, isValue } from '../../http/head-text.ts'

/** What is asked of an origin server. */
export interface Outgoing {
  readonly method: string
  /** Origin-form, or `*`. */
  readonly target: string
  /** Host first; nothing that frames the message or concerns the connection. */
  readonly fields: Fields
  /** Bytes of the body, null for none. */
  readonly length: number | null
  /** The protocol to change to. */
  readonly upgrade: string | undefined
  /** The connection ends with the response. */
  readonly isLast?: boolean
}

/** Methods whose content means something: without any they say that there is none (RFC 9110 section 8.6). */
const EXPECTS_CONTENT = new Set(['POST', 'PUT', 'PATCH'])
// The target is bytes that need no escape in any URL.
const TARGET = /^[\x21-\x7e\x80-\xff]+$/

/** The head up to its empty line, latin1; undefined where something in it may not be sent. */
export function requestHead(request: Outgoing): string | undefined {
  const { method, target, fields, length, upgrade } = request
  if (!isName(method) || !TARGET.test(target)) return undefined
  const lines = fieldLines(fields)
  if (lines === undefined) return undefined
  let text = `${method} ${target} HTTP/1.1\r\n${lines}`
  if (upgrade !== undefined) {
    if (!isValue(upgrade)) return undefined
    text += `connection: upgrade\r\nupgrade: ${upgrade}\r\n`
  } else text += request.isLast === true ? 'connection: close\r\n' : 'connection: keep-alive\r\n'
  if (length !== null) text += `content-length: ${length}\r\n`
  else if (EXPECTS_CONTENT.has(method)) text += 'content-length: 0\r\n'
  return `${text}\r\n`
}
