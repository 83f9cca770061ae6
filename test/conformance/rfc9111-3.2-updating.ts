// RFC 9111 section 3.2: what a 304 changes in the stored header.

import { A_WHILE, first, later, stored, story, validated } from './story.ts'
import type { Line, Story } from './story.ts'

const TAG = 'ETag: "page"'
const SHORT = 'Cache-Control: max-age=1'

/** Each with a value before, and one that a 304 brings. */
const RENEWED: [name: string, before: string, after: string][] = [
  ['Test-Header', 'one', 'two'],
  ['X-Test-Header', 'one', 'two'],
  ['Content-Foo', 'one', 'two'],
  ['X-Content-Foo', 'one', 'two'],
  ['Content-Location', '/foo', '/bar'],
  ['Content-MD5', 'rL0Y20zC+Fzt72VPzMSk2A==', 'N7UdGUp1E+RbVvZSTy1R8g=='],
  ['Content-Security-Policy', "default-src 'self'", "default-src 'self' cdn.example.com"],
  ['Content-Type', 'text/plain', 'text/plain;charset=utf-8'],
  ['Clear-Site-Data', 'cache', 'cookies'],
  ['Expires', 'Fri, 01 Jan 2038 01:01:01 GMT', 'Mon, 11 Jan 2038 11:11:11 GMT'],
  ['Public-Key-Pins', 'one', 'two'],
  ['X-Frame-Options', 'deny', 'sameorigin'],
  ['X-XSS-Protection', '1', '1; mode=block'],
]

/** A 304 has no content, so what it says of the bytes is not about those that are stored. */
const KEPT: [name: string, before: string, after: string][] = [
  ['Content-Encoding', 'odd', 'odder'],
  ['Content-Range', 'one', 'two'],
]

const renewal = (name: string, before: string, after: string, then: string): Story =>
  story(
    then === after ? `${name} is renewed by a 304` : `${name} stays as it is at a 304`,
    first([TAG, SHORT, `${name}: ${before}`]),
    later(validated([TAG, 'Cache-Control: max-age=3600', `${name}: ${after}`], { sees: [`${name}: ${then}`] })),
    stored([], { of: 1, sees: [`${name}: ${then}`] }),
  )

const LONG: Line = 'Cache-Control: max-age=3600'

export const updating: Story[] = [
  ...RENEWED.map(([name, before, after]) => renewal(name, before, after, after)),
  ...KEPT.map(([name, before, after]) => renewal(name, before, after, before)),
  story(
    'Cache-Control is renewed by a 304, and its lifetime with it',
    first([TAG, SHORT]),
    later(validated([TAG, LONG], { sees: [LONG], text: '1' })),
    later(stored([], { of: 1, sees: [LONG] })),
  ),
  story(
    'Content-Length stays that of the stored body',
    first({ fields: [TAG, SHORT, 'Content-Length: 5'], body: '12345' }),
    later(validated([TAG, LONG, 'Content-Length: 10'], { sees: ['Content-Length: 5'], text: '12345' })),
    stored([], { of: 1, sees: ['Content-Length: 5'], text: '12345' }),
  ),
  story(
    'ETag is renewed where a date was confirmed',
    first(['Last-Modified: Wed, 01 Jan 2020 00:00:00 GMT', SHORT]),
    later(validated(['Last-Modified: Wed, 01 Jan 2020 00:00:00 GMT', 'ETag: "new"', LONG], { sees: ['ETag: "new"'] })),
    stored([], { of: 1, sees: ['ETag: "new"'] }),
  ),
  story(
    'a field that the 304 leaves out stays',
    first(['Cache-Control: max-age=1', 'Last-Modified: Wed, 01 Jan 2020 00:00:00 GMT', 'Test-Header: one']),
    later(validated(['Last-Modified: Wed, 01 Jan 2020 00:00:00 GMT'], { sees: ['Test-Header: one'] })),
  ),
  story(
    'all lines of a name are replaced',
    first([TAG, SHORT, 'A: 1', 'A: 2']),
    later(validated([TAG, LONG, 'A: 3'], { sees: ['A: 3'] })),
    stored([], { of: 1, sees: ['A: 3'] }),
  ),
  story(
    'a cookie in a 304 is for who asked, and for nobody after',
    first([TAG, SHORT]),
    later(validated([TAG, LONG, 'Set-Cookie: a=b'], { sees: ['Set-Cookie: a=b'] })),
    stored([], { of: 1, misses: ['set-cookie'] }),
  ),
  story(
    'the age begins anew',
    first([TAG, 'Cache-Control: max-age=1, s-maxage=1']),
    { ...validated([TAG, LONG], { age: [0, 4] }), after: A_WHILE },
    stored([], { of: 1, age: [0, 4] }),
  ),
  story(
    'no-store in a 304 takes the stored response out of use',
    first([TAG, SHORT]),
    later(validated([TAG, 'Cache-Control: no-store'])),
    { from: 'validated', of: 1, answer: { confirms: true, fields: [TAG] } },
  ),
]
