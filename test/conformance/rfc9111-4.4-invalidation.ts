// RFC 9111 section 4.4: what an unsafe request makes untrue.

import { fetched, first, stored, story } from './story.ts'
import type { OriginAnswer, Story } from './story.ts'

const FRESH = ['Cache-Control: max-age=100000', 'Expires: {+100000}']
const UNSAFE = ['POST', 'PUT', 'DELETE', 'PATCH', 'M-SEARCH']

const write = (method: string, answer: OriginAnswer = {}) => fetched({ method, body: 'abc' }, { answer })

const byMethod = (method: string): Story[] => [
  story(`${method} makes its target untrue`, first(FRESH), write(method), fetched()),
  ...[303, 204, 302].map(status =>
    story(`${method} with a ${status} does`, first(FRESH), write(method, { status }), fetched()),
  ),
  ...[400, 404, 500, 503].map(status =>
    story(
      `${method} that failed with ${status} does not`,
      first(FRESH),
      write(method, { status }),
      stored([], { of: 1 }),
    ),
  ),
  ...['Location', 'Content-Location'].map(name =>
    story(
      `${method} makes its ${name} untrue`,
      first(FRESH, { at: '/there' }),
      fetched({ method, at: '/here', body: 'abc' }, { answer: { fields: [`${name}: there`] } }),
      fetched({ at: '/there' }),
    ),
  ),
]

export const invalidation: Story[] = [
  ...UNSAFE.flatMap(byMethod),
  story(
    'places of another host are left alone',
    first(FRESH, { at: '/there' }),
    fetched(
      { method: 'POST', at: '/here', body: 'abc' },
      { answer: { fields: ['Location: http://elsewhere.example/there'] } },
    ),
    stored({ at: '/there' }, { of: 1 }),
  ),
  story(
    'every variant is gone',
    first([...FRESH, 'Vary: Foo'], ['Foo: 1']),
    fetched(['Foo: 2'], { answer: { fields: [...FRESH, 'Vary: Foo'] } }),
    write('POST'),
    fetched(['Foo: 1']),
    fetched(['Foo: 2']),
  ),
  story('a safe method leaves it alone', first(FRESH), fetched({ method: 'OPTIONS' }), stored([], { of: 1 })),
  story('another query is left alone', first(FRESH, { at: '?a=1' }), write('POST'), stored({ at: '?a=1' }, { of: 1 })),
]
