// RFC 9111 section 4.2: how long a response is fresh, as Cache-Control, Expires and the time of its last change have it.

import { A_WHILE, fetched, first, later, notReused, notReusedLater, stored, story } from './story.ts'
import type { Line, Story } from './story.ts'

const reusedLater = (name: string, fields: Line[]): Story => story(name, first(fields), later(stored()))

const maxAge: Story[] = [
  reusedLater('max-age', ['Cache-Control: max-age=3600']),
  notReusedLater('max-age that is over', ['Cache-Control: max-age=1']),
  notReusedLater('max-age=0', ['Cache-Control: max-age=0']),
  ...['2147483647', '2147483648', '2147483649', '99999999999', '99999999999999999999999'].map(seconds =>
    reusedLater(`max-age=${seconds}`, [`Cache-Control: max-age=${seconds}`]),
  ),
  notReusedLater('a greater Age than max-age', ['Cache-Control: max-age=3600', 'Age: 7200']),
  notReusedLater('an older Date than max-age', ['Cache-Control: max-age=3600', 'Date: {-7200}']),
  reusedLater('max-age beside an Expires of the past', ['Cache-Control: max-age=3600', 'Expires: {-7200}']),
  reusedLater('max-age beside an Expires that is no date', ['Cache-Control: max-age=3600', 'Expires: 0']),
  notReusedLater('max-age=0 beside an Expires of the future', ['Expires: {+3600}', 'Cache-Control: max-age=0']),
  reusedLater('max-age beside a directive that nobody knows', ['Cache-Control: foobar, max-age=3600']),
  reusedLater('MaX-aGe', ['Cache-Control: MaX-aGe=3600']),
  reusedLater('max-age on a second line', ['Cache-Control: foo', 'Cache-Control: max-age=3600']),
]

const shared: Story[] = [
  reusedLater('s-maxage', ['Cache-Control: s-maxage=3600']),
  notReusedLater('a short s-maxage before a long max-age', ['Cache-Control: max-age=3600, s-maxage=1']),
  notReusedLater('in whichever order', ['Cache-Control: s-maxage=1, max-age=3600']),
  notReusedLater('on whichever line', ['Cache-Control: max-age=3600', 'Cache-Control: s-maxage=1']),
  reusedLater('a long s-maxage before a short max-age', ['Cache-Control: max-age=1, s-maxage=3600']),
  reusedLater('s-maxage before max-age=0 and Expires', ['Expires: {-10}', 'Cache-Control: max-age=0, s-maxage=3600']),
]

/** What is no number of seconds is stale (section 4.2.1). */
const BROKEN = ["'3600'", '3600.0', '3600.5', '-3600', '+3600', 'a3600', '3600a', '3600 1', '0x100', '', '""', '"3600']

const parsing: Story[] = [
  ...BROKEN.map(value => notReused(`max-age=${value}`, [`Cache-Control: max-age=${value}`])),
  reusedLater('max-age=003600', ['Cache-Control: max-age=003600']),
  reusedLater('max-age="3600"', ['Cache-Control: max-age="3600"']),
  notReused('max-age =3600', ['Cache-Control: max-age =3600']),
  notReused('max-age= 3600', ['Cache-Control: max-age= 3600']),
  notReused('max-age without a value', ['Cache-Control: max-age']),
  notReusedLater('max-age in quotes before the real one', ['Cache-Control: extension="max-age=3600", max-age=1']),
  notReusedLater('max-age in quotes behind it', ['Cache-Control: max-age=1, extension="max-age=3600"']),
  notReusedLater('max-age behind an escaped quote', ['Cache-Control: ext="a\\", max-age=3600", max-age=1']),
  notReused('no-store behind a quote that never ends', ['Cache-Control: max-age=3600, ext="a, no-store']),
  notReused('a second max-age that differs', ['Cache-Control: max-age=1800, max-age=1']),
  notReused('on a second line', ['Cache-Control: max-age=1800', 'Cache-Control: max-age=1']),
  notReused('in the other order', ['Cache-Control: max-age=1, max-age=1800']),
  reusedLater('a second max-age that says the same', ['Cache-Control: max-age=1800, max-age=1800']),
  reusedLater('empty members of the list', ['Cache-Control: , ,max-age=3600, ,']),
]

const expires: Story[] = [
  reusedLater('an Expires of the future', ['Expires: {+86400}']),
  notReusedLater('an Expires of the past', ['Expires: {-86400}']),
  notReused('an Expires of now', ['Expires: {0}']),
  notReusedLater('an Expires before a Date, both ahead of us', ['Expires: {+300}', 'Date: {+400}']),
  notReusedLater('Expires: 0', ['Expires: 0']),
  notReused('Expires: -1', ['Expires: -1']),
  notReused('Expires without a value', ['Expires: ']),
  story('an Expires beside a Date that is none', first(['Date: foo', 'Expires: {+10}']), stored()),
  notReused('an Age above Expires less Date, with a slow Date', ['Date: {-10}', 'Expires: {+10}', 'Age: 25']),
  notReused('an Age above Expires less Date, with a fast Date', ['Date: {+10}', 'Expires: {+20}', 'Age: 15']),
]

const DATES = [
  'Tue, 19 Jan 2038 14:14:08 GMT',
  'Sun, 21 Nov 2286 04:46:39 GMT',
  'Thursday, 18-Aug-50 02:01:18 GMT',
  'Thu Aug  8 02:01:18 2050',
  'THU, 18 Aug 2050 02:01:18 GMT',
  'Thu, 18 AUG 2050 02:01:18 GMT',
  'Thu, 18 Aug 2050 02:01:18 gMT',
]
const NO_DATES = [
  'Thu, 18 Aug 2050 02:01:18 UTC',
  'Thu, 18 Aug 2050 02:01:18 AEST',
  'Thu, 18 Aug 2050 02:01:18 +0000',
  'Thu, 18 Aug 2050 02:01:18',
  'Thu, 18 Aug 50 02:01:18 GMT',
  'Thu 18 Aug 2050 02:01:18 GMT',
  'Thu, 18  Aug  2050 02:01:18 GMT',
  'Thu, 18-Aug-2050 02:01:18 GMT',
  'Thu, 18 Aug 2050 02.01.18 GMT',
  'Thu, 18 Aug 2050 2:01:18 GMT',
  'Thu, 31 Feb 2050 02:01:18 GMT',
  '2050-08-18T02:01:18Z',
  '2544451278',
]

const dates: Story[] = [
  ...DATES.map(date => reusedLater(`Expires: ${date}`, [`Expires: ${date}`])),
  ...NO_DATES.map(date => notReused(`Expires: ${date}`, [`Expires: ${date}`])),
  notReused('two lines of Expires that are no dates', [
    'Expires: Thu, 18 Aug 2050 2:01:18 GMT',
    'Expires: Thu, 18 Aug 2050 2:01:19 GMT',
  ]),
  notReused('two lines of Expires that differ', [
    'Expires: Thu, 18 Aug 2050 02:01:18 GMT',
    'Expires: Thu, 18 Aug 2050 02:01:19 GMT',
  ]),
]

/** Statuses whose lifetime may be guessed (section 4.2.2), and some whose may not. */
const GUESSED = [200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501]
const NOT_GUESSED = [201, 202, 302, 303, 307, 400, 403, 500, 502, 503, 504, 599]
const guess = (status: number, isFresh: boolean, ...more: Line[]): Story =>
  story(
    `a ${status} changed a day ago ${isFresh ? 'is fresh for a while' : 'is not fresh'}${more.length > 0 ? ' if public' : ''}`,
    first({ status, fields: ['Last-Modified: {-86400}', ...more] }),
    isFresh ? stored() : fetched(),
  )

const heuristics: Story[] = [
  ...GUESSED.map(status => guess(status, true)),
  ...NOT_GUESSED.map(status => guess(status, false)),
  guess(599, true, 'Cache-Control: public'),
  ...[60, 300, 600, 3600, 43_200].map(ago =>
    story(
      `changed ${ago} seconds ago, a second later`,
      first([`Last-Modified: {-${ago}}`]),
      stored([], { after: 1100 }),
    ),
  ),
  story('changed 5 seconds ago, later', first(['Last-Modified: {-5}']), { ...fetched(), after: A_WHILE }),
  notReusedLater('a change in time to come', ['Last-Modified: {+3600}']),
  notReused('Expires is not guessed over', ['Last-Modified: {-86400}', 'Expires: 0']),
  notReused('nor is a max-age that cannot be read', ['Last-Modified: {-86400}', 'Cache-Control: max-age=x']),
]

export const freshness: Record<string, Story[]> = {
  '4.2.1 max-age': maxAge,
  '4.2.1 s-maxage': shared,
  '4.2.1 how Cache-Control is read': parsing,
  '4.2.1 Expires': expires,
  '4.2.1 how Expires is read': dates,
  '4.2.2 a guessed lifetime': heuristics,
}
