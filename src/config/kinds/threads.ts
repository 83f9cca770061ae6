// How many edge threads: a number, or `auto` for one per CPU.

import { Refusal, show } from '../kind.ts'
import type { Kind } from '../kind.ts'

/** Each thread costs about 19 MB; more than this on one machine is a slip of the finger. */
const MOST = 256

export function threads(): Kind<number, number | 'auto'> {
  return {
    name: 'number or `auto`',
    expected: `\`auto\`, or a whole number from 1 to ${MOST}`,
    bounds: `1 to ${MOST}`,
    schema: { anyOf: [{ const: 'auto' }, { type: 'integer', minimum: 1, maximum: MOST }] },
    read: (given, { cpus }) => {
      if (given === 'auto') return Math.min(Math.max(cpus, 1), MOST)
      if (typeof given !== 'number' || !Number.isInteger(given))
        return new Refusal('wrong-type', `${show(given)} is not a whole number`)
      return given >= 1 && given <= MOST ? given : new Refusal('out-of-bounds', `${given} is out of bounds`)
    },
  }
}
