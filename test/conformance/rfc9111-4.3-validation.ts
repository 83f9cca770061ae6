// RFC 9111 section 4.3: what the origin is asked about a stale response, and what HEAD says of it.

import { A_WHILE, SOON, fetched, first, later, stored, story, validated } from './story.ts'
import type { Story } from './story.ts'

const SHORT = 'Cache-Control: max-age=1'
const LONG = 'Cache-Control: max-age=3600'
const MODIFIED = 'Last-Modified: Wed, 01 Jan 2020 00:00:00 GMT'

const asking: Story[] = [
  story(
    'a strong entity tag',
    first([SHORT, 'ETag: "abcdef"']),
    later(validated([LONG], { asked: { fields: ['If-None-Match: "abcdef"'] }, text: '1' })),
    stored([], { of: 1 }),
  ),
  story(
    'a weak one',
    first([SHORT, 'ETag: W/"abcdef"']),
    later(validated([], { asked: { fields: ['If-None-Match: W/"abcdef"'] } })),
  ),
  story(
    'a date',
    first([SHORT, MODIFIED]),
    later(validated([], { asked: { fields: ['If-Modified-Since: Wed, 01 Jan 2020 00:00:00 GMT'] } })),
  ),
  story(
    'both',
    first([SHORT, MODIFIED, 'ETag: "a"']),
    later(
      validated([], {
        asked: { fields: ['If-None-Match: "a"', 'If-Modified-Since: Wed, 01 Jan 2020 00:00:00 GMT'] },
      }),
    ),
  ),
  story('neither', first([SHORT]), later(fetched([], { asked: { lacks: ['if-none-match', 'if-modified-since'] } }))),
  story(
    'the fields that Vary names go with the question',
    first(['Expires: {+1}', 'ETag: "abcdef"', 'Vary: Abc'], ['Abc: 123']),
    {
      ...later(validated([])),
      ask: { fields: ['Abc: 123'] },
      asked: { fields: ['If-None-Match: "abcdef"', 'Abc: 123'] },
    },
  ),
  story('ours take the place of the visitor’s, who is answered by the visitor’s own', first([SHORT, 'ETag: "ours"']), {
    ...later(validated([LONG])),
    ask: { fields: ['If-None-Match: "older"'] },
    asked: { fields: ['If-None-Match: "ours"'] },
    status: 200,
    text: '1',
  }),
  story('and who has the same gets a 304 after it was validated', first([SHORT, MODIFIED]), {
    ...later(validated([LONG])),
    ask: { fields: ['If-Modified-Since: Wed, 01 Jan 2020 00:00:00 GMT'] },
    status: 304,
    text: '',
  }),
  story(
    'without a stored response the whole is asked for, and the visitor answered with a 304',
    {
      ...first([LONG, 'ETag: "abcdef"'], ['If-None-Match: "abcdef"']),
      asked: { lacks: ['if-none-match'] },
      status: 304,
      text: '',
    },
    stored([], { status: 200, text: '1' }),
  ),
]

const answers: Story[] = [
  story(
    'a full response replaces the stored one',
    first([SHORT, 'ETag: "a"']),
    later(fetched([], { answer: { fields: [LONG, 'ETag: "b"'] }, text: '2' })),
    stored([], { of: 2, sees: ['ETag: "b"'], text: '2' }),
  ),
  story(
    'a server error is passed on, and the stored response stays',
    first([SHORT, 'ETag: "a"']),
    later(fetched([], { answer: { status: 500 } })),
    validated([LONG], { of: 1 }),
  ),
  story(
    'a 304 about another response is asked about anew',
    first([SHORT, 'ETag: "a"']),
    later({ answer: { confirms: true, fields: ['ETag: "other"', LONG] }, from: 'origin', status: 200 }),
  ),
  story(
    'no-cache is validated at each use',
    first(['Cache-Control: no-cache', 'ETag: "a"']),
    validated(['ETag: "a"']),
    validated(['ETag: "a"'], { of: 1 }),
  ),
]

const HEAD = { method: 'HEAD' }

const head: Story[] = [
  story('a stale response is no answer to HEAD', first([SHORT]), later(fetched(HEAD, { asked: { method: 'HEAD' } }))),
  story(
    'what HEAD says of the same response renews its lifetime and its fields',
    first([SHORT, 'ETag: "a"', 'A: 1', 'B: 1']),
    later({
      ask: HEAD,
      answer: { fields: [LONG, 'ETag: "a"', 'A: 2', 'Content-Length: 1'] },
      from: 'validated',
      status: 200,
      text: '',
      asked: { method: 'HEAD', fields: ['If-None-Match: "a"'] },
    }),
    stored([], { of: 1, sees: [LONG, 'A: 2', 'B: 1'], text: '1' }),
  ),
  story(
    'so does a 304 to it',
    first([SHORT, MODIFIED, 'A: 1']),
    later({ ...validated([LONG, 'A: 2']), ask: HEAD, status: 200, text: '' }),
    stored([], { of: 1, sees: ['A: 2'], text: '1' }),
  ),
  story(
    'without a validator it says nothing of what is stored',
    first([SHORT]),
    later(fetched(HEAD, { answer: { fields: [LONG] } })),
    fetched(),
  ),
  story(
    'an error in answer to it, where a stale response may stand in',
    first(['Cache-Control: max-age=1, stale-if-error=60', 'ETag: "a"']),
    { ask: HEAD, answer: { status: 503 }, from: 'store', refreshes: true, status: 200, after: A_WHILE },
  ),
  story(
    'another entity tag makes it stale',
    first([LONG, 'ETag: "a"']),
    fetched(
      { method: 'HEAD', fields: ['Cache-Control: no-cache'] },
      { after: SOON, answer: { fields: [LONG, 'ETag: "b"'] } },
    ),
    fetched(),
  ),
  story(
    'another length makes it stale',
    first([SHORT, 'ETag: "a"']),
    later(fetched(HEAD, { answer: { fields: [LONG, 'ETag: "a"', 'Content-Length: 99'] } })),
    fetched(),
  ),
  story(
    'a 410 takes it out',
    first([LONG, 'ETag: "a"']),
    fetched({ method: 'HEAD', fields: ['Cache-Control: no-cache'] }, { after: SOON, answer: { status: 410 } }),
    fetched(),
  ),
  story(
    'a 503 says nothing',
    first([LONG]),
    fetched({ method: 'HEAD', fields: ['Cache-Control: no-cache'] }, { after: SOON, answer: { status: 503 } }),
    stored([], { of: 1 }),
  ),
]

const BY_FOO = ['Vary: Foo', SHORT]

const variants: Story[] = [
  story(
    'a variant that is not stored is asked for with the tags of those that are',
    first([...BY_FOO, 'ETag: "a"'], ['Foo: 1']),
    fetched(['Foo: 2'], { answer: { fields: [...BY_FOO, 'ETag: "b"'] } }),
    later(validated([LONG, 'Vary: Foo', 'ETag: "a"'], { of: 1, ask: { fields: ['Foo: 1'] } })),
    stored(['Foo: 1'], { of: 1 }),
  ),
]

export const validation: Record<string, Story[]> = {
  '4.3.1 asking': asking,
  '4.3.3 the answers': answers,
  '4.3.4 variants': variants,
  '4.3.5 HEAD': head,
}
