// RFC 9111 section 4.2.4 and RFC 5861: stale responses, where they may be served and where they must not.

import { A_WHILE, first, later, stored, story, validated } from './story.ts'
import type { Exchange, Line, OriginAnswer, Story } from './story.ts'

const GONE: OriginAnswer = { breaksOff: 'at once' }
const failing = (status: number): OriginAnswer => ({ status })
const TAG = 'ETag: "page"'

const instead = (answer: OriginAnswer, more: Partial<Exchange> = {}): Exchange => ({
  ...stored([], { refreshes: true, ...more }),
  answer,
  after: A_WHILE,
})
const error = (answer: OriginAnswer): Exchange => ({ answer, from: 'shield', after: A_WHILE })

/** Responses that may not be served stale, whatever happens at the origin. */
const forbidding = ['must-revalidate', 'proxy-revalidate', 'no-cache', 's-maxage=1']

const forbidden: Story[] = forbidding.flatMap(directive => [
  story(
    `${directive} and an origin that closes the connection`,
    first([`Cache-Control: max-age=1, ${directive}`]),
    error(GONE),
  ),
  story(`${directive} and a 503`, first([`Cache-Control: max-age=1, ${directive}`]), {
    answer: failing(503),
    from: 'origin',
    after: A_WHILE,
  }),
  story(`${directive} and max-stale`, first([`Cache-Control: max-age=1, ${directive}`]), {
    ask: { fields: ['Cache-Control: max-stale'] },
    from: 'origin',
    after: A_WHILE,
  }),
])

const whileRevalidating: Story[] = [
  story(
    'stale-while-revalidate: served stale, and fetched anew in the background',
    first(['Cache-Control: max-age=1, stale-while-revalidate=3600', TAG]),
    { ...stored([], { refreshes: true }), answer: { fields: ['Cache-Control: max-age=3600'] }, after: A_WHILE },
    stored([], { of: 2, after: 300 }),
  ),
  story(
    'max-age=0 with it',
    first(['Cache-Control: max-age=0, stale-while-revalidate=3600', TAG]),
    { ...stored([], { refreshes: true }), answer: { fields: ['Cache-Control: max-age=3600', 'ETag: "def"'] } },
    stored([], { of: 2, after: 300, sees: ['ETag: "def"'] }),
  ),
  story(
    'a 304 in the background renews it',
    first(['Cache-Control: max-age=1, stale-while-revalidate=3600', TAG]),
    {
      ...stored([], { refreshes: true }),
      answer: { confirms: true, fields: ['Cache-Control: max-age=3600', 'A: 1'] },
      after: A_WHILE,
      asked: { fields: ['If-None-Match: "page"'] },
    },
    stored([], { of: 1, after: 300, sees: ['A: 1'], age: [0, 3] }),
  ),
  story(
    'once its time is over, nobody is served stale',
    first(['Cache-Control: max-age=1, stale-while-revalidate=1', TAG]),
    { ...validated([]), after: A_WHILE },
  ),
  story(
    'nor when the response in the background was not to be stored, at that end',
    first(['Cache-Control: max-age=1, stale-while-revalidate=3', TAG]),
    { ...stored([], { refreshes: true }), answer: { fields: ['Cache-Control: no-cache', 'ETag: "def"'] }, after: 1500 },
    { from: 'origin', after: 3000 },
  ),
  story(
    'must-revalidate says the opposite, and wins',
    first(['Cache-Control: max-age=1, must-revalidate, stale-while-revalidate=3600', TAG]),
    later(validated([])),
  ),
]

const ifError: Story[] = [
  ...[500, 502, 503, 504].map(status =>
    story(
      `stale-if-error and a ${status}`,
      first(['Cache-Control: max-age=1, stale-if-error=60']),
      instead(failing(status), { status: 200 }),
    ),
  ),
  story(
    'stale-if-error and an origin that closes the connection',
    first(['Cache-Control: max-age=1, stale-if-error=60']),
    instead(GONE, { status: 200 }),
  ),
  story('stale-if-error and a 404', first(['Cache-Control: max-age=1, stale-if-error=60']), {
    answer: failing(404),
    from: 'origin',
    after: A_WHILE,
  }),
  story('stale-if-error that is over', first(['Cache-Control: max-age=0, stale-if-error=1']), {
    answer: failing(500),
    from: 'origin',
    after: A_WHILE,
  }),
  story('stale-if-error in the request', first(['Cache-Control: max-age=1', TAG]), {
    ...instead(failing(500)),
    ask: { fields: ['Cache-Control: stale-if-error=3600'] },
  }),
  story('stale-if-error in the request that is over', first(['Cache-Control: max-age=0', TAG]), {
    ask: { fields: ['Cache-Control: stale-if-error=1'] },
    answer: failing(500),
    from: 'origin',
    after: A_WHILE,
  }),
]

const PLAIN: Line[] = ['Cache-Control: max-age=1']

export const stale: Record<string, Story[]> = {
  '4.2.4 stale responses': [
    ...forbidden,
    story('without leave, an error is passed on', first(PLAIN), {
      answer: failing(503),
      from: 'origin',
      after: A_WHILE,
    }),
    story('and a closed connection told', first(PLAIN), error(GONE)),
  ],
  'RFC 5861 section 3': whileRevalidating,
  'RFC 5861 section 4': ifError,
  'RFC 8246': [
    story('immutable is served while fresh', first(['Cache-Control: max-age=3600, immutable', TAG]), stored()),
    story('and validated when stale', first(['Cache-Control: max-age=1, immutable', TAG]), later(validated([]))),
  ],
}
