// How many requests an origin may work on at once: found out (`auto`, `aimd`), or a number.

import { Refusal, show } from '../kind.ts'
import type { Kind } from '../kind.ts'

/** More than any single server bears; the board counts in 32 bits. */
export const MOST_IN_FLIGHT = 100_000

export type Concurrency = number | 'auto' | 'aimd'

export function concurrency(): Kind<Concurrency, Concurrency> {
  return {
    name: 'number, `auto` or `aimd`',
    expected: `\`auto\`, \`aimd\`, or a whole number from 1 to ${MOST_IN_FLIGHT}`,
    bounds: `1 to ${MOST_IN_FLIGHT}`,
    schema: { anyOf: [{ enum: ['auto', 'aimd'] }, { type: 'integer', minimum: 1, maximum: MOST_IN_FLIGHT }] },
    format: String,
    read: given => {
      if (given === 'auto' || given === 'aimd') return given
      if (typeof given !== 'number' || !Number.isInteger(given))
        return new Refusal('wrong-type', `${show(given)} is neither \`auto\` nor a whole number`)
      return given >= 1 && given <= MOST_IN_FLIGHT ? given : new Refusal('out-of-bounds', `${given} is out of bounds`)
    },
  }
}
