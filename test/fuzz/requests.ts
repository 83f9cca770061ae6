// Requests as visitors send them: browsers' heads, tools' heads, pages that are stored and pages that are not, bodies well
// formed. What attackers make of them stands in oddities.ts.

import { below } from '../../src/base/random.ts'
import type { Random } from '../../src/base/random.ts'

/** A request before it is written down. One character a byte (latin1). */
export interface Request {
  method: string
  target: string
  version: string
  lines: string[]
  body: string
  /** What ends a line. */
  eol: string
}

export const pick = <T>(random: Random, from: readonly T[]): T => from[below(random, from.length)]!
/** True once in `n` times. */
export const oneIn = (random: Random, n: number): boolean => below(random, n) === 0

export const MODIFIED = 'Wed, 31 Dec 2025 10:00:00 GMT'

/** Pages of stored.ts, those most often asked for first. */
const STORED = [
  '/page',
  '/page',
  '/page',
  '/',
  '/vary',
  '/vary',
  '/gone',
  '/empty',
  '/moved',
  '/search?q=1',
  '/edited/a',
]
const SPECIAL = [
  ...['/leased', '/stale', '/purged', '/no-cache', '/apart', '/bypass/a', '/search?q=1&utm_source=x', '/removed/a'],
  ...[
    '/soon',
    '/large',
    '/coded',
    '/coded',
    '/varied-by-cookie',
    ...['/themed', '/dark', '/untracked', '/no-bots', '/own/page', '/own/style', '/typed/page', '/typed/gone'],
    '/.breakwater/health',
    '/.breakwater/x',
    '/%2ebreakwater/health',
    '//page',
  ],
]
const MISSES = [
  '/miss',
  '/miss?a=b',
  '/a%20b',
  '/a;b',
  '/~u/(x)',
  "/it's",
  '/page?',
  '/page/',
  '/Page',
  '/%70age',
  '/./page',
]

const PROFILES: readonly (readonly string[])[] = [
  [
    'Connection: keep-alive',
    'sec-ch-ua: "Chromium";v="156", "Not(A:Brand";v="24"',
    'sec-ch-ua-mobile: ?0',
    'sec-ch-ua-platform: "Linux"',
    'Upgrade-Insecure-Requests: 1',
    'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36',
    'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
    'Sec-Fetch-Site: none',
    'Sec-Fetch-Mode: navigate',
    'Sec-Fetch-Dest: document',
    'Accept-Encoding: gzip, deflate, br, zstd',
    'Accept-Language: en-GB,en;q=0.9',
  ],
  [
    'User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0',
    'Accept: text/css,*/*;q=0.1',
    'Accept-Language: de,en-US;q=0.7,en;q=0.3',
    'Accept-Encoding: gzip, deflate, br, zstd',
    'DNT: 1',
    'Connection: keep-alive',
    'Referer: http://a.test/',
    'Cookie: theme=dark; consent=1',
    'Priority: u=2',
  ],
  ['accept: */*', 'accept-encoding: br', 'user-agent: curl/8.9.1'],
  ['User-Agent: GoogleBot/2.1', 'Accept-Encoding: gzip', 'X-Forwarded-For: 192.0.2.1', 'X-Forwarded-Proto: http'],
  ['X-Forwarded-Proto: https', 'Forwarded: for=192.0.2.1;proto=http'],
  ['Accept-Encoding: gzip;q=0.5, identity', 'Accept: text/html'],
  [],
]

/** Lines that change how a stored response is served, or whether. */
const CONDITIONS = [
  ...[
    'If-None-Match: "v1"',
    'If-None-Match: W/"v1"',
    'If-None-Match: "x", "v1"',
    'If-None-Match: *',
    'If-None-Match: v1',
  ],
  ...[`If-Modified-Since: ${MODIFIED}`, 'If-Modified-Since: Wed, 31 Dec 2025 09:59:59 GMT', 'If-Modified-Since: never'],
  ...['Range: bytes=0-3', 'Range: bytes=-2', 'Range: bytes=9-', 'If-Range: "v1"', 'If-Match: "v1"'],
  ...[`If-Unmodified-Since: ${MODIFIED}`, 'Cache-Control: no-cache', 'Cache-Control: max-age=0', 'Pragma: no-cache'],
  ...[
    'Cache-Control: only-if-cached',
    'Cache-Control: max-stale',
    'Authorization: Basic eDp5',
    'Cookie: session=1',
    'Cookie: theme=light',
    'Cookie: theme=dark',
    'Cookie: consent=1',
  ],
  ...[
    'Connection: close',
    'Connection: keep-alive',
    'Breakwater-Secret: 1',
    'Content-Type: text/plain',
    'TE: trailers',
  ],
]

const BODIES: readonly [line: string, body: string][] = [
  ['Content-Length: 3', 'abc'],
  ['Content-Length: 0', ''],
  ['Content-Length: 42', 'GET /page HTTP/1.1\r\nHost: a.test\r\nX: abc\r\n'],
  ['Transfer-Encoding: chunked', '3\r\nabc\r\n0\r\n\r\n'],
  ['Transfer-Encoding: chunked', '0\r\n\r\n'],
  ['transfer-encoding: Chunked', '1\r\na\r\nB;ext="x"\r\nHTTP/1.1 OK\r\n00\r\nX-Trailer: 1\r\n\r\n'],
]

/** What forms are sent with comes most often. */
const METHODS = ['POST', 'POST', 'POST', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD', 'GET', 'REPORT']

/** A request that is as it should be. */
export function validRequest(random: Random): Request {
  const lines = ['Host: a.test', ...pick(random, PROFILES)]
  if (oneIn(random, 12)) lines.push(lines.shift()!)
  const target = oneIn(random, 3) ? pick(random, oneIn(random, 2) ? SPECIAL : MISSES) : pick(random, STORED)
  const request = {
    method: oneIn(random, 8) ? 'HEAD' : 'GET',
    target,
    version: 'HTTP/1.1',
    lines,
    body: '',
    eol: '\r\n',
  }
  for (let i = below(random, 8); i > 5; i--) lines.push(pick(random, CONDITIONS))
  if (oneIn(random, 6)) addBody(random, request)
  return request
}

function addBody(random: Random, request: Request): void {
  const [line, body] = pick(random, BODIES)
  request.method = pick(random, METHODS)
  request.lines.push(line)
  request.body = body
  if (oneIn(random, 8)) request.lines.push('Expect: 100-continue')
}

export const written = ({ method, target, version, lines, body, eol }: Request): string =>
  `${method} ${target} ${version}${eol}${lines.map(line => line + eol).join('')}${eol}${body}`
