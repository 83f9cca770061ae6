// RFC 9111 sections 4 and 5.1: answers from the store, and their Age and Date.

import { A_WHILE, fetched, first, later, stored, story } from './story.ts'
import type { Line, Story } from './story.ts'

const FRESH = 'Cache-Control: max-age=3600'

/** Age fields, and whether a response of an hour with them is still good for anything. */
const AGES: [about: string, lines: Line[], isFresh: boolean][] = [
  ['that is no number', ['Age: abc'], true],
  ['below zero', ['Age: -7200'], true],
  ['with a fraction', ['Age: 7200.0'], true],
  ['of 2147483647', ['Age: 2147483647'], false],
  ['of 2147483648', ['Age: 2147483648'], false],
  ['of 2147483649', ['Age: 2147483649'], false],
  ['of more digits than fit', ['Age: 99999999999999999999'], false],
  ['that is old, then 0', ['Age: 7200, 0'], false],
  ['that is 0, then old', ['Age: 0, 7200'], true],
  ['of two lines, old and 0', ['Age: 7200', 'Age: 0'], false],
  ['of two lines, 0 and old', ['Age: 0', 'Age: 7200'], true],
  ['of 0 twice', ['Age: 0, 0'], true],
  ['of two lines of 0', ['Age: 0', 'Age: 0'], true],
  ['of two lines, neither old', ['Age: 1800', 'Age: 1800'], true],
  ['greater than the lifetime', ['Age: 7200'], false],
]

const withAge = ([about, lines, isFresh]: (typeof AGES)[number]): Story =>
  story(
    `an Age ${about} is ${isFresh ? 'no reason to fetch again' : 'too old'}`,
    first([FRESH, ...lines]),
    later(isFresh ? stored() : fetched()),
  )

export const answering: Story[] = [
  ...AGES.map(withAge),
  story('a stored response tells its age', first([FRESH]), later(stored([], { age: [2, 8] }))),
  story(
    'the age that it came with counts, beside Expires',
    first(['Expires: {+86400}', 'Age: 30']),
    later(stored([], { age: [32, 38] })),
  ),
  story('and beside max-age', first([FRESH, 'Age: 30']), later(stored([], { age: [32, 38] }))),
  story('an old Date makes it old', first([FRESH, 'Date: {-100}']), stored([], { age: [100, 106] })),
  story('the greater of both counts', first([FRESH, 'Date: {-100}', 'Age: 200']), stored([], { age: [200, 206] })),
  story('a Date ahead of us is no age', first([FRESH, 'Date: {+100}']), stored([], { age: [0, 4] })),
  story(
    'the time that the origin took counts',
    first({ fields: [FRESH, 'Date:'], work: A_WHILE }),
    stored([], { age: [2, 8] }),
  ),
  story(
    'Date stays that of the origin',
    first([FRESH, 'Date: {-3}']),
    later(stored([], { sees: ['Date: / GMT$/'], age: [5, 11] })),
  ),
  story(
    'Date and Expires stay as they came',
    first(['Expires: Mon, 11 Jan 2038 11:11:11 GMT', 'Date: Mon, 01 Jan 2024 00:00:00 GMT']),
    later(stored([], { sees: ['Expires: Mon, 11 Jan 2038 11:11:11 GMT', 'Date: Mon, 01 Jan 2024 00:00:00 GMT'] })),
  ),
  story(
    'the most recent response is used',
    first(['Cache-Control: max-age=1']),
    later(fetched([], { answer: { fields: [FRESH] } })),
    stored(),
  ),
]
