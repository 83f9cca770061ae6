// RFC 9111 section 4.1: responses that vary by fields of the request.

import { SOON, fetched, first, stored, story } from './story.ts'
import type { Line, Story } from './story.ts'

const FRESH = ['Cache-Control: max-age=5000', 'Last-Modified: {-3000}']
const by = (...lines: Line[]): Line[] => [...FRESH, ...lines]
const TWO = ['Foo: 1', 'Bar: abc']
const THREE = [...TWO, 'Baz: 789']

const plain: Story[] = [
  story('the same field, the same response', first(by('Vary: Foo'), ['Foo: 1']), stored(['Foo: 1'])),
  story('another value, another response', first(by('Vary: Foo'), ['Foo: 1']), fetched(['Foo: 2'])),
  story('a field that was not there before is another value', first(by('Vary: Foo')), fetched(['Foo: 1'])),
  story('so is one that is not there now', first(by('Vary: Foo'), ['Foo: 1']), fetched()),
  story('an empty field is not a missing one', first(by('Vary: Foo'), ['Foo: ']), fetched()),
  story(
    'two variants are stored side by side',
    first({ fields: by('Vary: Foo'), body: 'one' }, ['Foo: 1']),
    fetched(['Foo: 2'], { answer: { fields: by('Vary: Foo'), body: 'two' } }),
    stored(['Foo: 1'], { of: 1, text: 'one' }),
    stored(['Foo: 2'], { of: 2, text: 'two' }),
  ),
  story(
    'fields that Vary does not name are no part of the key',
    first(by('Vary: Foo'), ['Foo: 1', 'Other: 2']),
    stored(['Foo: 1', 'Other: 3']),
  ),
  story(
    'a field that Connection names never reached the origin: what came back is no answer for its value',
    first(by('Vary: Foo'), ['Foo: 1', 'Connection: Foo']),
    stored(),
    fetched(['Foo: 1']),
  ),
  story('the case of names in Vary means nothing', first(by('Vary: fOO'), ['Foo: 1']), stored(['foO: 1'])),
  story(
    'a Vary that changes is obeyed',
    first(by('Vary: Foo'), ['Foo: 1']),
    fetched(['Foo: 2', 'Bar: 1'], { answer: { fields: by('Vary: Bar') } }),
    stored(['Foo: 3', 'Bar: 1'], { after: SOON }),
    fetched(['Foo: 2', 'Bar: 2']),
  ),
]

const several: Story[] = [
  story('two fields that match', first(by('Vary: Foo, Bar'), TWO), stored(TWO)),
  story('one of two that does not', first(by('Vary: Foo, Bar'), TWO), fetched(['Foo: 2', 'Bar: abc'])),
  story('both of two missing', first(by('Vary: Foo, Bar'), TWO), fetched()),
  story('three fields that match', first(by('Vary: Foo, Bar, Baz'), THREE), stored(THREE)),
  story('three fields in another order', first(by('Vary: Foo, Bar, Baz'), THREE), stored(THREE.toReversed())),
  story(
    'one of three that does not match',
    first(by('Vary: Foo, Bar, Baz'), THREE),
    fetched(['Foo: 2', 'Bar: abc', 'Baz: 789']),
  ),
  story('nor in another order', first(by('Vary: Foo, Bar, Baz'), THREE), fetched(['Foo: 1', 'Baz: 789', 'Bar: abcde'])),
  story(
    'a field missing in both matches',
    first(by('Vary: Foo, Bar, Baz'), ['Foo: 1', 'Baz: 789']),
    stored(['Foo: 1', 'Baz: 789']),
  ),
  story('fields named on two lines', first(by('Vary: Foo', 'Vary: Bar'), TWO), fetched(['Foo: 1', 'Bar: x'])),
]

const stars = [['*'], ['*, *'], ['*', '*'], [', *'], ['', '*'], ['*, Foo'], ['Foo, *'], ['Foo', '*']]

const normalised: Story[] = [
  story('lines and lists are the same', first(by('Vary: Foo'), ['Foo: 1, 2']), stored(['Foo: 1', 'Foo: 2'])),
  story('white space in a list means nothing', first(by('Vary: Foo'), ['Foo: 1,2']), stored(['Foo:  1, 2 '])),
  story(
    'the order of languages means nothing',
    first(by('Vary: Accept-Language'), ['Accept-Language: en, de']),
    stored(['Accept-Language: de, en']),
  ),
  story(
    'nor does their case',
    first(by('Vary: Accept-Language'), ['Accept-Language: en, de']),
    stored(['Accept-Language: eN, De']),
  ),
  story(
    'nor white space',
    first(by('Vary: Accept-Language'), ['Accept-Language: en, de']),
    stored(['Accept-Language:  en ,   de']),
  ),
  story(
    'weights of languages do',
    first(by('Vary: Accept-Language'), ['Accept-Language: en, de;q=0.5']),
    fetched(['Accept-Language: de, en;q=0.5']),
  ),
  story(
    'the order of codings means nothing',
    first(by('Vary: Accept-Encoding'), ['Accept-Encoding: gzip, br']),
    stored(['Accept-Encoding: br, gzip']),
  ),
]

export const vary: Story[] = [
  ...plain,
  ...several,
  ...stars.map(lines =>
    story(
      `a star is never matched: ${JSON.stringify(lines)}`,
      first(by(...lines.map(line => `Vary: ${line}`)), ['Foo: 1', 'Baz: 789']),
      fetched(['Foo: 1', 'Baz: 789']),
    ),
  ),
  ...normalised,
]
