// RFC 9110 section 13: conditional requests, answered from what is stored.

import { fetched, first, later, stored, story } from './story.ts'
import type { Line, Story } from './story.ts'

const FRESH = 'Cache-Control: max-age=3600'
const DATED = 'Last-Modified: Wed, 01 Jan 2020 00:00:00 GMT'
const NOT_MODIFIED = { status: 304, text: '' }

/** The tag that is stored, what the visitor has, and whether that is the same (weak comparison, section 8.8.3.2). */
const TAGS: [stored: string, has: string, isSame: boolean][] = [
  ['"abcdef"', '"abcdef"', true],
  ['"abcdef"', 'W/"abcdef"', true],
  ['W/"abcdef"', 'W/"abcdef"', true],
  ['W/"abcdef"', '"abcdef"', true],
  ['"abcdef"', '"abcdef", "1234", "5678"', true],
  ['"abcdef"', '"1234", "abcdef", "5678"', true],
  ['"abcdef"', '"1234", "5678", "abcdef"', true],
  ['"abc,def"', '"1234", "abc,def"', true],
  ['"abcdef"', '*', true],
  ['"abcdef"', '"ABCDEF"', false],
  ['"abcdef"', '"other"', false],
  ['"abcdef"', '"abc", "def"', false],
]

const byTag = ([tag, has, isSame]: (typeof TAGS)[number]): Story =>
  story(
    `ETag: ${tag} and If-None-Match: ${has}`,
    first([FRESH, `ETag: ${tag}`]),
    stored(
      [`If-None-Match: ${has}`],
      isSame ? { ...NOT_MODIFIED, sees: [`ETag: ${tag}`] } : { status: 200, text: '1' },
    ),
  )

const dated = (about: string, fields: Line[], since: Line, isSame: boolean): Story =>
  story(
    about,
    first([FRESH, ...fields]),
    stored([`If-Modified-Since: ${since}`], isSame ? NOT_MODIFIED : { status: 200 }),
  )

const notModified: Story[] = [
  ...TAGS.map(byTag),
  dated('the same date', ['Last-Modified: {-3000}'], '{-3000}', true),
  dated('a later date', [DATED], '{-2000}', true),
  dated('an earlier date', [DATED], 'Tue, 31 Dec 2019 23:59:59 GMT', false),
  dated('a date in RFC 850’s form', [DATED], '{850 -3000}', true),
  dated('what is no date', [DATED], 'yesterday', false),
  story(
    'a date after its own Date, where no Last-Modified is stored',
    first([FRESH]),
    later(stored(['If-Modified-Since: {-1}'], NOT_MODIFIED)),
  ),
  story(
    'a date before its own Date, where no Last-Modified is stored',
    first([FRESH]),
    stored(['If-Modified-Since: {-3000}'], { status: 200 }),
  ),
  story(
    'the tag decides where both are there',
    first([FRESH, 'Last-Modified: {-5000}', 'ETag: "abcdef"']),
    stored(['If-None-Match: "abcdef"', 'If-Modified-Since: {-9000}'], NOT_MODIFIED),
  ),
  story(
    'also against the date',
    first([FRESH, 'Last-Modified: {-5000}', 'ETag: "abcdef"']),
    stored(['If-None-Match: "x"', 'If-Modified-Since: {-1}'], { status: 200 }),
  ),
  story('HEAD is answered 304 as well', first([FRESH, 'ETag: "a"']), {
    ...stored({ method: 'HEAD', fields: ['If-None-Match: "a"'] }),
    ...NOT_MODIFIED,
  }),
  story(
    'a 304 has the fields that a cache needs, and none of the content',
    first([FRESH, 'ETag: "a"', 'Content-Location: /x', 'Vary: Foo', 'Content-Type: text/plain', 'Expires: {+9}']),
    stored(['If-None-Match: "a"'], {
      ...NOT_MODIFIED,
      sees: [FRESH, 'ETag: "a"', 'Content-Location: /x', 'Vary: Foo', 'Date: / GMT$/', 'Expires: / GMT$/'],
      misses: ['content-type', 'content-length'],
    }),
  ),
  story(
    'a 404 is sent whole, whatever the visitor has',
    first({ status: 404, fields: [FRESH, 'ETag: "a"'] }),
    stored(['If-None-Match: "a"'], { status: 404 }),
  ),
]

const guards: Story[] = [
  story(
    'If-Match is the origin’s to judge',
    first([FRESH, 'ETag: "a"']),
    fetched(['If-Match: "b"'], { answer: { status: 412 }, asked: { fields: ['If-Match: "b"'] } }),
  ),
  story(
    'so is If-Unmodified-Since',
    first([FRESH, DATED]),
    fetched(['If-Unmodified-Since: {-9000}'], { asked: { fields: ['If-Unmodified-Since: / GMT$/'] } }),
  ),
]

export const preconditions: Story[] = [...notModified, ...guards]
