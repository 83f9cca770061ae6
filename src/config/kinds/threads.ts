// How many edge threads: a number, or `auto` for one per CPU.

import { Refusal, show } from '../kind.ts'
import type { Kind } from '../kind.ts'

/** The rows of the board for edges (board/board.ts), less the journal's. Each thread costs about 19 MB. */
export const MOST_EDGES = 63

export function threads(): Kind<number, number | 'auto'> {
  return {
    name: 'number or `auto`',
    expected: `\`auto\`, or a whole number from 1 to ${MOST_EDGES}`,
    bounds: `1 to ${MOST_EDGES}`,
    schema: { anyOf: [{ const: 'auto' }, { type: 'integer', minimum: 1, maximum: MOST_EDGES }] },
    read: (given, { cpus }) => {
      if (given === 'auto') return Math.min(Math.max(cpus, 1), MOST_EDGES)
      if (typeof given !== 'number' || !Number.isInteger(given))
        return new Refusal('wrong-type', `${show(given)} is not a whole number`)
      return given >= 1 && given <= MOST_EDGES ? given : new Refusal('out-of-bounds', `${given} is out of bounds`)
    },
  }
}
