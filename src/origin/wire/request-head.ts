// The head of a request to an origin server as text, made from parsed fields and never from a visitor's bytes. What could
// be read as more than one head is refused here, whoever it came from.

import type { Fields } from '../../http/fields.ts'
import { isToken } from '../../http/tokens.ts'

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
// The target is bytes that need no escape in any URL, the value what RFC 9110 section 5.5 allows.
const TARGET = /^[\x21-\x7e\x80-\xff]+$/
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

/** Names that have been found to be tokens: a site is asked with a few dozen. */
const known = new Set<string>()
const REMEMBERED = 1024

/** The head up to its empty line, latin1; undefined where something in it may not be sent. */
export function requestHead(request: Outgoing): string | undefined {
  const { method, target, fields, length, upgrade } = request
  if (!isName(method) || !TARGET.test(target)) return undefined
  let text = `${method} ${target} HTTP/1.1\r\n`
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i]!
    const value = fields[i + 1]!
    if (!isName(name) || !VALUE.test(value)) return undefined
    text += `${name}: ${value}\r\n`
  }
  if (upgrade !== undefined) {
    if (!VALUE.test(upgrade)) return undefined
    text += `connection: upgrade\r\nupgrade: ${upgrade}\r\n`
  } else text += request.isLast === true ? 'connection: close\r\n' : 'connection: keep-alive\r\n'
  if (length !== null) text += `content-length: ${length}\r\n`
  else if (EXPECTS_CONTENT.has(method)) text += 'content-length: 0\r\n'
  return `${text}\r\n`
}

function isName(name: string): boolean {
  if (known.has(name)) return true
  if (!isToken(name)) return false
  if (known.size < REMEMBERED) known.add(name)
  return true
}
