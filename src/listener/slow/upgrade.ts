// Changing protocols (RFC 9110 section 7.8): after a 101 the two connections are joined, with each side's backpressure and
// half-close passed to the other.

import type { Duplex } from 'node:stream'
import type { Answer } from '../../exchange.ts'
import { first, type Fields, without } from '../../http/fields.ts'
import { headText } from '../../http/head-text.ts'
import { isHopByHop } from '../../http/hopbyhop.ts'
import { isToken } from '../../http/tokens.ts'

/**
 * The protocol to change to, or undefined when the request asks for none that may be passed on. `h2c` and TLS are not:
 * both would put requests into the stream that no room has seen. A request with a body keeps its protocol.
 */
export function upgradeAsked(request: {
  httpVersion: string
  headers: NodeJS.Dict<string | string[]>
}): string | undefined {
  const { headers } = request
  const protocol = headers['upgrade']
  if (request.httpVersion !== '1.1' || typeof protocol !== 'string') return undefined
  if (headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0') return undefined
  const refused = protocol.split(',').some(each => /^\s*(?:h2c|tls|http)(?:$|[\s/])/i.test(each))
  return refused || !protocol.split(',').every(each => isToken(each.trim().replace('/', ''))) ? undefined : protocol
}

/** The head of a 101 as text, with the fields that make the change. */
export function switchingHead(answer: Answer, asked: string): string {
  const fields: Fields = [
    ...without(answer.fields, name => isHopByHop(name) || name === 'content-length'),
    'Connection',
    'Upgrade',
    'Upgrade',
    first(answer.fields, 'upgrade') ?? asked,
  ]
  return headText('HTTP/1.1 101 Switching Protocols\r\n', fields)
}

/** Joins the visitor's connection and the origin's until both have ended, or either has broken. `head` bytes go first. */
export function join(visitor: Duplex, fromVisitor: Uint8Array, origin: Duplex, fromOrigin: Uint8Array): void {
  if (fromOrigin.byteLength > 0) visitor.write(fromOrigin)
  if (fromVisitor.byteLength > 0) origin.write(fromVisitor)
  visitor.pipe(origin)
  origin.pipe(visitor)
  endTogether(visitor, origin)
  endTogether(origin, visitor)
}

/** When one side is gone for good the other goes too: at once after a break, else after what is on its way to it. */
function endTogether(side: Duplex, other: Duplex): void {
  side.on('error', () => other.destroy())
  side.on('close', () => {
    if (!side.readableEnded) other.destroy()
    else if (other.writableFinished) other.destroy()
    else other.end(() => other.destroy())
  })
}
