// RFC 9111 section 3.1: which fields are stored with a response, and so sent again.

import { first, stored, story } from './story.ts'
import type { Line, Story } from './story.ts'

const FRESH = 'Cache-Control: max-age=3600'

/** Stored and sent again as they came, whatever they mean to a browser. */
const KEPT: Line[] = [
  'Test-Header: one',
  'X-Test-Header: one',
  'Content-Foo: one',
  'X-Content-Foo: one',
  'Content-Encoding: odd',
  'Content-Language: de',
  'Content-Location: /bar',
  'Content-MD5: N7UdGUp1E+RbVvZSTy1R8g==',
  'Content-Range: one',
  "Content-Security-Policy: default-src 'self' cdn.example.com",
  'Content-Type: text/plain;charset=utf-8',
  'Clear-Site-Data: cookies',
  'ETag: "ghijkl"',
  'Expires: Mon, 11 Jan 2038 11:11:11 GMT',
  'Last-Modified: Wed, 01 Jan 2020 00:00:00 GMT',
  'Link: </a.css>; rel=preload',
  'Public-Key-Pins: one',
  'Strict-Transport-Security: max-age=100',
  'Vary: Accept-Encoding',
  'Warning: 299 - "odd"',
  'WWW-Authenticate: Basic realm="a"',
  'X-Frame-Options: sameorigin',
  'X-XSS-Protection: 1; mode=block',
]

/** Of one connection, or for one recipient. */
const LEFT_OUT: Line[] = [
  'Keep-Alive: timeout=5',
  'Proxy-Authenticate: Basic realm="a"',
  'Proxy-Authentication-Info: one',
  'Proxy-Authorization: one',
  'Proxy-Connection: keep-alive',
  'TE: trailers',
  'Upgrade: h2c',
]

const nameOf = (line: Line): string => line.slice(0, line.indexOf(':'))

const TAKES_TRAILERS = ['Connection: TE', 'TE: trailers']

const passedWithTrailers = {
  ...first(
    { fields: ['Cache-Control: no-store', 'Trailer: X-Sum'], trailers: ['X-Sum: 7'], body: 'long' },
    TAKES_TRAILERS,
  ),
  text: 'long',
  trailers: ['X-Sum: 7'],
}

export const fields: Story[] = [
  ...KEPT.map(line => story(`${nameOf(line)} is stored`, first([line, FRESH]), stored([], { sees: [line] }))),
  ...LEFT_OUT.map(line =>
    story(`${nameOf(line)} is not stored`, first([line, FRESH], []), stored([], { misses: [nameOf(line)] })),
  ),
  story('Cache-Control is sent as it came', first([FRESH]), stored([], { sees: [FRESH] })),
  story(
    'lines of one name stay lines, in their order',
    first([FRESH, 'A: 1', 'A: 2', 'B: 3', 'A: 4']),
    stored([], { sees: ['A: 1, 2, 4', 'B: 3'] }),
  ),
  story(
    'what Connection lists is not stored',
    first([FRESH, 'Connection: a, b', 'a: 1', 'b: 2', 'c: 3']),
    stored([], { sees: ['c: 3'], misses: ['a', 'b'] }),
  ),
  story(
    'a Connection that lists the rules of caching does not take them away',
    first(['Connection: cache-control, expires', 'Cache-Control: max-age=3600, foo']),
    stored([], { sees: ['Cache-Control: max-age=3600, foo'] }),
  ),
  story(
    'a name in no-cache="…" is not stored',
    first(['Cache-Control: no-cache="a"', 'a: 1', 'b: 2', FRESH]),
    stored([], { sees: ['b: 2'], misses: ['a'] }),
  ),
  story(
    'nor are several names',
    first(['Cache-Control: no-cache="a, b"', 'a: 1', 'b: 2', 'c: 3', FRESH]),
    stored([], { sees: ['c: 3'], misses: ['a', 'b'] }),
  ),
  story(
    'a name in private="…" is not stored, and the rest is',
    first(['Cache-Control: max-age=3600, private="x-user"', 'X-User: anna', 'b: 2']),
    stored([], { sees: ['b: 2'], misses: ['x-user'] }),
  ),
  story(
    'Content-Length is that of the stored body',
    first({ fields: [FRESH, 'Content-Length: 5'], body: '12345' }),
    stored([], { sees: ['Content-Length: 5'], text: '12345' }),
  ),
  story(
    'a response without Date gets one, and keeps it',
    first(['Date:', FRESH]),
    stored([], { sees: ['Date: / GMT$/'] }),
  ),
  story(
    'trailers are passed on to who takes them, and are no part of the header',
    {
      ...first(
        { fields: [FRESH, 'Trailer: X-Sum'], trailers: ['X-Sum: 7', 'Cache-Control: no-store'], body: 'long' },
        TAKES_TRAILERS,
      ),
      trailers: ['X-Sum: 7'],
    },
    stored(TAKES_TRAILERS, { text: 'long', misses: ['x-sum', 'trailer'] }),
  ),
  story('what is not stored keeps its trailers each time', ...[1, 2, 3].map(() => passedWithTrailers)),
]
