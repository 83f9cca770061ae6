// RFC 9111 sections 5.2 and 5.4: what Cache-Control says, in requests and in responses, and Pragma.

import { fetched, first, later, notReused, reused, stored, story, validated } from './story.ts'
import type { Line, Story } from './story.ts'

const FRESH = 'Cache-Control: max-age=3600'
const TAG = 'ETag: "abc"'
const wish = (wanted: string): Line[] => [`Cache-Control: ${wanted}`]

const requests: Story[] = [
  story('max-age=0 is a reload', first([FRESH]), fetched(wish('max-age=0'))),
  story('max-age=1, two seconds later', first([FRESH]), later(fetched(wish('max-age=1')))),
  story('max-age=600 is met', first([FRESH]), stored(wish('max-age=600'))),
  story('max-age=600 and an Age of half an hour', first([FRESH, 'Age: 1800']), fetched(wish('max-age=600'))),
  story('max-stale=1000', first(['Cache-Control: max-age=1']), later(stored(wish('max-stale=1000')))),
  story('max-stale without a limit', first(['Cache-Control: max-age=1']), later(stored(wish('max-stale')))),
  story(
    'max-stale that is not enough',
    first(['Cache-Control: max-age=1500', 'Age: 2000']),
    fetched(wish('max-stale=100')),
  ),
  story(
    'max-stale=1000 and an Age above the lifetime',
    first(['Cache-Control: max-age=1500', 'Age: 2000', TAG]),
    stored(wish('max-stale=1000')),
  ),
  story('min-fresh=2000', first(['Cache-Control: max-age=1500']), fetched(wish('min-fresh=2000'))),
  story('min-fresh=1000', first(['Cache-Control: max-age=1500']), stored(wish('min-fresh=1000'))),
  story(
    'min-fresh=1000 and an Age',
    first(['Cache-Control: max-age=1500', 'Age: 1000']),
    fetched(wish('min-fresh=1000')),
  ),
  story('no-cache', first([FRESH]), fetched(wish('no-cache'))),
  story('No-Cache', first([FRESH]), fetched(wish('No-Cache'))),
  story('no-cache asks whether what is stored holds, by its date', first([FRESH, 'Last-Modified: {-10000}']), {
    ...validated([FRESH]),
    ask: { fields: wish('no-cache') },
  }),
  story('and by its tag', first([FRESH, TAG]), { ...validated([FRESH]), ask: { fields: wish('no-cache') } }),
  story(
    'what no-cache brought is for everyone',
    first([FRESH]),
    fetched(wish('no-cache'), { answer: { fields: [FRESH] } }),
    stored([], { of: 2 }),
  ),
  story(
    'no-store is not stored',
    first([FRESH], wish('no-store')),
    fetched([], { answer: { fields: [FRESH] } }),
    stored([], { of: 2 }),
  ),
  story('only-if-cached without anything stored', {
    ask: { fields: wish('only-if-cached') },
    from: 'shield',
    status: 504,
  }),
  story('only-if-cached with something stored', first([FRESH]), stored(wish('only-if-cached'))),
  story('a wish that nobody knows', first([FRESH]), stored(wish('nothing-to-see-here'))),
]

const pragma: Story[] = [
  story('Pragma: no-cache in a request is a reload', first([FRESH]), fetched(['Pragma: no-cache'])),
  story('unless Cache-Control is there', first([FRESH]), stored(['Pragma: no-cache', 'Cache-Control: foo'])),
  story('another Pragma means nothing', first([FRESH]), stored(['Pragma: unrecognised'])),
  reused('Pragma: no-cache in a response means nothing', [FRESH, 'Pragma: no-cache']),
  reused('nor beside a guessed lifetime', ['Last-Modified: {-10000}', 'Pragma: no-cache']),
  reused('nor does another', [FRESH, 'Pragma: unrecognised']),
]

const responses: Story[] = [
  notReused('private', ['Cache-Control: private, max-age=3600']),
  notReused('Private', ['Cache-Control: Private, max-age=3600']),
  notReused('no-store', ['Cache-Control: no-store']),
  notReused('No-StOrE', ['Cache-Control: No-StOrE']),
  notReused('no-store beside all that says otherwise', ['Cache-Control: max-age=10000, no-store', 'Expires: {+10000}']),
  notReused('no-store on a second line', [FRESH, 'Cache-Control: no-store']),
  notReused('no-store with an argument', ['Cache-Control: max-age=3600, no-store=1']),
  notReused('no-cache beside all that says otherwise', ['Cache-Control: max-age=10000, no-cache', 'Expires: {+10000}']),
  notReused('No-CaChE', ['Cache-Control: max-age=10000, No-CaChE', 'Expires: {+10000}']),
  story(
    'no-cache is stored, and validated at its use',
    first(['Cache-Control: no-cache', TAG]),
    validated([], { asked: { fields: ['If-None-Match: "abc"'] } }),
  ),
  story(
    'even if it is fresh',
    first(['Cache-Control: max-age=10000, no-cache', 'Expires: {+10000}', TAG]),
    validated(),
  ),
  story(
    'must-revalidate is served while fresh',
    first(['Cache-Control: max-age=10000, must-revalidate', TAG]),
    stored(),
  ),
  story(
    'and validated when stale',
    first(['Cache-Control: max-age=1, must-revalidate', TAG]),
    later(validated(['Cache-Control: max-age=1, must-revalidate', TAG])),
  ),
  story(
    'no-store takes the place of an older response that is still fresh',
    first([FRESH]),
    fetched(['Cache-Control: no-cache'], { answer: { fields: ['Cache-Control: no-store'] } }),
    fetched(),
  ),
  notReused('Cache-Control in trailers makes nothing fresh', {
    fields: ['Trailer: Cache-Control'],
    trailers: ['Cache-Control: max-age=3600'],
  }),
  reused('public with a lifetime', ['Cache-Control: public, max-age=3600']),
  reused('no-transform is no reason not to store', ['Cache-Control: no-transform, max-age=3600']),
]

export const directives: Record<string, Story[]> = {
  '5.2.1 in requests': requests,
  '5.2.2 in responses': responses,
  '5.4 Pragma': pragma,
}
