// A request's head in HTTP/2 (RFC 9113 section 8.3) as the lines of HTTP/1.1 that the same judge looks at (listener/slow/head.ts). What
// cannot be said so without a doubt becomes something that it refuses. nghttp2 has refused by itself before: capitals, fields
// of a connection, characters that end a line, pseudo-fields twice, unknown or behind others, a length other than the body's.

import type { Fields } from '../../http/fields.ts'
import type { RawHead } from '../slow/head.ts'

/** Where there is none, or none that can be meant: the judge takes no empty target. */
const NO_TARGET = ''

/** `raw` as node:http2 tells it, pseudo-fields first. `ends`: no body follows. Pure. */
export function rawHeadOf(raw: Fields, ends: boolean): RawHead {
  const pseudo: Partial<Record<string, string>> = {}
  const fields: Fields = []
  const [crumbs, hosts]: [string[], string[]] = [[], []]
  let hasLength = false
  for (let i = 0; i < raw.length; i += 2) {
    const [name, value] = [raw[i]!, raw[i + 1]!]
    if (name.startsWith(':')) pseudo[name] = value
    else if (name === 'host') hosts.push(value)
    // A browser parts its cookies so that each is compressed for itself (section 8.2.3).
    else if (name === 'cookie') crumbs.push(value)
    else {
      hasLength ||= name === 'content-length'
      fields.push(name, value)
    }
  }
  const { ':method': method = '', ':path': path = '', ':scheme': scheme = '', ':authority': authority } = pseudo
  if (crumbs.length > 0) fields.push('cookie', crumbs.join('; '))
  // Bytes until the end: as many lines of HTTP/1.1 say it in chunks.
  if (!ends && !hasLength) fields.push('transfer-encoding', 'chunked')
  const isPlain = (path.startsWith('/') || path === '*') && (scheme === 'https' || scheme === 'http')
  // Both may be said; where they differ, two lines are left, and refused (section 8.3.1).
  const named = [...new Set([...(authority === undefined ? [] : [authority]), ...hosts])]
  return {
    method,
    url: isPlain ? path : NO_TARGET,
    httpVersion: '1.1',
    rawHeaders: [...named.flatMap(host => ['host', host]), ...fields],
  }
}
