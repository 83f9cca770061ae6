// How many requests an origin may work on at once: found out (`auto`, which is `gradient`; `aimd`), or a number.

import { Refusal, show } from '../kind.ts'
import type { Kind } from '../kind.ts'

/** More than any single server bears; the board counts in 32 bits. */
export const MOST_IN_FLIGHT = 100_000

/** `gradient` by name; `auto` may come to be another one. */
const FOUND_OUT = ['auto', 'gradient', 'aimd'] as const

export type Concurrency = number | (typeof FOUND_OUT)[number]

export function concurrency(): Kind<Concurrency, Concurrency> {
  return {
    name: 'number, `auto`, `gradient` or `aimd`',
    expected: `\`auto\`, \`gradient\`, \`aimd\`, or a whole number from 1 to ${MOST_IN_FLIGHT}`,
    bounds: `1 to ${MOST_IN_FLIGHT}`,
    schema: { anyOf: [{ enum: [...FOUND_OUT] }, { type: 'integer', minimum: 1, maximum: MOST_IN_FLIGHT }] },
    format: String,
    read: given => {
      const way = FOUND_OUT.find(each => each === given)
      if (way !== undefined) return way
      if (typeof given !== 'number' || !Number.isInteger(given))
        return new Refusal(
          'wrong-type',
          `${show(given)} is neither \`auto\`, \`gradient\`, \`aimd\` nor a whole number`,
        )
      return given >= 1 && given <= MOST_IN_FLIGHT ? given : new Refusal('out-of-bounds', `${given} is out of bounds`)
    },
  }
}
