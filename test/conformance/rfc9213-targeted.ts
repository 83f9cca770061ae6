// RFC 9213: targeted fields, which take the place of Cache-Control and Expires for caches of our kind.

import { fetched, first, later, notReused, stored, story } from './story.ts'
import type { Line, Story } from './story.ts'

const reusedLater = (name: string, ...fields: Line[]): Story => story(name, first(fields), later(stored()))
const notReusedLater = (name: string, ...fields: Line[]): Story => story(name, first(fields), later(fetched()))

const cdn: Story[] = [
  reusedLater('max-age', 'CDN-Cache-Control: max-age=3600'),
  reusedLater('max-age=2147483648', 'CDN-Cache-Control: max-age=2147483648'),
  reusedLater('max-age=99999999999', 'CDN-Cache-Control: max-age=99999999999'),
  notReusedLater('an Age above max-age', 'CDN-Cache-Control: max-age=3600', 'Age: 7200'),
  notReusedLater('max-age=0', 'CDN-Cache-Control: max-age=0'),
  reusedLater('a directive that nobody knows', 'CDN-Cache-Control: foobar, max-age=3600'),
  reusedLater('an Expires of the past', 'CDN-Cache-Control: max-age=3600', 'Expires: {-10000}'),
  reusedLater('an Expires that is no date', 'CDN-Cache-Control: max-age=3600', 'Expires: 0'),
  notReusedLater('max-age=0 and an Expires of the future', 'CDN-Cache-Control: max-age=0', 'Expires: {+10000}'),
  reusedLater('a long one before a short Cache-Control', 'Cache-Control: max-age=1', 'CDN-Cache-Control: max-age=3600'),
  notReusedLater('a short one before a long', 'Cache-Control: max-age=3600', 'CDN-Cache-Control: max-age=1'),
  ...['private', 'no-cache', 'no-store'].map(directive =>
    notReused(`${directive} beside all that says otherwise`, [
      `CDN-Cache-Control: ${directive}`,
      'Cache-Control: max-age=10000',
      'Expires: {+10000}',
    ]),
  ),
  reusedLater('max-age before no-store', 'Cache-Control: no-store', 'CDN-Cache-Control: max-age=10000'),
  reusedLater('max-age before private', 'Cache-Control: private', 'CDN-Cache-Control: max-age=10000'),
]

/** What is no dictionary of RFC 9651 is as if it were not there. */
const broken: Story[] = [
  notReusedLater('what does not parse', 'CDN-Cache-Control: max-age=10000, &&&&&', 'Cache-Control: no-store'),
  notReusedLater('a string for a number', 'CDN-Cache-Control: max-age="10000"', 'Cache-Control: no-store'),
  notReusedLater('a fraction for a number', 'CDN-Cache-Control: max-age=10000.0', 'Cache-Control: no-store'),
  notReusedLater('a space before the equals sign', 'Cache-Control: max-age=1', 'CDN-Cache-Control: max-age =100'),
  notReusedLater('a space behind it', 'Cache-Control: max-age=1', 'CDN-Cache-Control: max-age= 100'),
  reusedLater('an empty one', 'Cache-Control: max-age=3600', 'CDN-Cache-Control: '),
  reusedLater('a name in upper case, which is no key', 'Cache-Control: max-age=3600', 'CDN-Cache-Control: NO-STORE'),
]

const passedOn: Story[] = [
  story(
    'it goes on to caches before us, and so do Date and Expires, and Age is told',
    first(['Cache-Control: max-age=1', 'Expires: {+1}', 'CDN-Cache-Control: max-age=10000']),
    later(
      stored([], {
        age: [2, 8],
        sees: ['CDN-Cache-Control: max-age=10000', 'Expires: / GMT$/', 'Date: / GMT$/', 'Cache-Control: max-age=1'],
      }),
    ),
  ),
  story('even where it says nothing', first(['Cache-Control: max-age=10000', 'CDN-Cache-Control: foo'])),
]

const ours: Story[] = [
  reusedLater('goes before CDN-Cache-Control', 'CDN-Cache-Control: no-store', 'Breakwater-Cache-Control: max-age=3600'),
  notReusedLater('also when it forbids', 'CDN-Cache-Control: max-age=3600', 'Breakwater-Cache-Control: no-store'),
]

export const targeted: Record<string, Story[]> = {
  'RFC 9213 CDN-Cache-Control': cdn,
  'RFC 9213 fields that do not parse': broken,
  'RFC 9213 passed on': passedOn,
  'RFC 9213 Breakwater-Cache-Control': ours,
}
