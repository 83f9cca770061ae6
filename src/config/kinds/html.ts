// Kinds in the words of HTML and CSS.

import { parseSelector } from '../../html/selector.ts'
import { Refusal, show } from '../kind.ts'
import type { Kind } from '../kind.ts'

/** Longest selector; it is matched against every element of a page that is stored. */
const SELECTOR_LENGTH = 256

/** A CSS selector that src/html understands. */
export function selectorText(): Kind<string, string> {
  return {
    name: 'CSS selector',
    expected: 'a CSS selector of elements, #ids, .classes and [attributes], with a blank or > between them',
    schema: { type: 'string', maxLength: SELECTOR_LENGTH },
    read: given => {
      if (typeof given !== 'string') return new Refusal('wrong-type', `${show(given)} is not a selector`)
      if (given.length > SELECTOR_LENGTH)
        return new Refusal('out-of-bounds', `has ${given.length} characters, of ${SELECTOR_LENGTH}`)
      return parseSelector(given) === undefined ? new Refusal('bad-value', `${show(given)} is no such selector`) : given
    },
  }
}
