// RFC 9111 section 3: what may be stored at all, by method, status, directive and framing.

import { SOON, fetched, first, later, notReused, notReusedLater, reused, stored, story } from './story.ts'
import type { Story } from './story.ts'

const FRESH = 'Cache-Control: max-age=3600'
const A_DAY_OLD = 'Last-Modified: {-86400}'

/** Statuses that say of themselves how long they live. 299, 499 and 599 are nobody's. */
const EXPLICIT = [
  200, 201, 202, 203, 204, 299, 300, 301, 302, 303, 307, 308, 400, 403, 404, 405, 410, 414, 451, 499, 500, 501, 502,
  503, 504, 599,
]

/** Never stored: parts of responses, and what depends on parts of the request that no key holds. */
const NEVER = [206, 407, 408, 412, 416, 417, 421, 425, 428, 429, 431, 511]

const byStatus = (status: number): Story[] => [
  reused(`a ${status} that says how long it lives is reused`, {
    status,
    fields: ['Expires: {+100000}', FRESH, 'Last-Modified: {0}'],
  }),
  notReused(`a ${status} that was stale when it came is not reused`, {
    status,
    fields: ['Expires: {-5000}', 'Last-Modified: {-100000}'],
  }),
  story(
    `a ${status} that has become stale is not reused`,
    first({ status, fields: ['Cache-Control: max-age=1'] }),
    later(fetched()),
  ),
]

const methods: Story[] = [
  story(
    'a POST with its own freshness and a Content-Location of its target answers a later GET',
    first(['Expires: {+86400}', 'Content-Location: here'], { method: 'POST', at: '/here', body: 'ordered' }),
    stored({ at: '/here' }, { after: SOON }),
  ),
  story(
    'a POST with its own freshness and a Content-Location elsewhere does not',
    first(['Expires: {+86400}', 'Content-Location: there'], { method: 'POST', at: '/here', body: 'ordered' }),
    fetched({ at: '/here' }, { after: SOON }),
  ),
  story(
    'a POST without either is not stored',
    first([FRESH], { method: 'POST', body: 'ordered' }),
    fetched([], { answer: { fields: [FRESH] } }),
    stored(),
  ),
  story('an unknown method is not stored', first([FRESH], { method: 'PROPFIND' }), fetched({ method: 'PROPFIND' })),
  story(
    'OPTIONS is not stored and leaves what is stored alone',
    first([FRESH]),
    first([FRESH], { method: 'OPTIONS' }),
    stored([], { of: 1 }),
  ),
  story('a HEAD is answered from what a GET stored', first([FRESH]), {
    ...stored({ method: 'HEAD' }),
    text: '',
    sees: ['Content-Length: 1'],
  }),
  story(
    'what a HEAD brought is not served to a GET',
    first([FRESH], { method: 'HEAD' }),
    fetched([], { answer: { fields: [FRESH] }, text: '2' }),
  ),
]

const keys: Story[] = [
  story('another query is another key', first([FRESH], { at: '?a=1' }), fetched({ at: '?a=2' })),
  story('a query is no reason not to store', first([FRESH], { at: '?a=1&b=2' }), stored({ at: '?a=1&b=2' })),
  story('the case of a path is part of the key', first([FRESH], { at: '/Page' }), fetched({ at: '/page' })),
  story('an encoded slash is no slash', first([FRESH], { at: '/a%2Fb' }), fetched({ at: '/a/b' })),
]

/** A coding that we cannot undo could hide anything; whatever the visitor gets of it, nobody after gets the same. */
const framing: Story[] = [
  ...['gzip', 'gzip, chunked', 'chunked, x-odd', 'x-odd, x-odder'].map(coding =>
    story(
      `a response in transfer coding ${coding} is not stored`,
      {
        ...first({ asWritten: true, fields: [FRESH, `Transfer-Encoding: ${coding}`], body: 'ab' }),
        from: 'anyone',
      },
      fetched([], { answer: { fields: [FRESH] } }),
    ),
  ),
  ...['identity', 'x-odd'].map(coding =>
    story(
      `a response in transfer coding ${coding}, which is none, is stored as the bytes that came`,
      { ...first({ asWritten: true, fields: [FRESH, `Transfer-Encoding: ${coding}`], body: 'ab' }), text: 'ab' },
      stored([], { text: 'ab', misses: ['transfer-encoding'] }),
    ),
  ),
  story(
    'a response that ends with the connection is stored',
    { ...first({ asWritten: true, fields: [FRESH], body: 'ab' }), text: 'ab' },
    stored([], { text: 'ab', sees: ['Content-Length: 2'] }),
  ),
  story(
    'bytes behind the length that was told are no part of the response',
    { ...first({ fields: [FRESH, 'Content-Length: 2'], body: 'abcdef' }), text: 'ab' },
    stored([], { text: 'ab', sees: ['Content-Length: 2'] }),
  ),
]

const understanding: Story[] = [
  notReused('must-understand with an unknown status is not stored', {
    status: 599,
    fields: ['Cache-Control: max-age=3600, no-store, must-understand'],
  }),
  notReused('must-understand alone with an unknown status is not stored', {
    status: 299,
    fields: ['Cache-Control: max-age=3600, must-understand'],
  }),
  reused('must-understand with a known status takes the place of no-store', [
    'Cache-Control: max-age=3600, no-store, must-understand',
  ]),
]

const others: Story[] = [
  reused('Content-Disposition is no reason not to store', [FRESH, 'Content-Disposition: attachment; filename=a.txt']),
  reused('nor with a guessed lifetime', [
    'Last-Modified: {-100000}',
    'Content-Disposition: attachment; filename=a.txt',
  ]),
  story('a Cookie in a later request is no reason not to serve', first([FRESH]), stored(['Cookie: a=b'])),
  notReused('a response that sets a cookie is its visitor’s alone', [FRESH, 'Set-Cookie: a=b']),
  story(
    'public makes it everybody’s, but not the cookie',
    first([`${FRESH}, public`, 'Set-Cookie: a=b']),
    stored([], { misses: ['set-cookie'] }),
  ),
  story(
    'a response to a request with a cookie is its visitor’s alone, unless it says otherwise',
    first([FRESH], ['Cookie: session=1']),
    fetched(['Cookie: session=2'], { answer: { fields: [`${FRESH}, public`] } }),
    stored(['Cookie: session=3']),
  ),
  notReusedLater('nothing said and nothing to guess from is nothing to reuse', []),
]

export const storing: Story[] = [
  ...EXPLICIT.flatMap(byStatus),
  ...NEVER.map(status =>
    notReused(`a ${status} is not stored, whatever it says`, { status, fields: [FRESH, A_DAY_OLD] }),
  ),
  ...methods,
  ...keys,
  ...framing,
  ...understanding,
  ...others,
]
