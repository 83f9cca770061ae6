// Where two fetches of a page differ, for a terminal.

import type { Difference } from '../html/differences.ts'
import type { Colours } from './colours.ts'
import { printable } from './printable.ts'

/** Three lines each: what stands before it in both, and the two sides. */
export const differenceLines = (differences: readonly Difference[], { dim }: Colours): string[] =>
  differences.flatMap(({ one, other, after }) => [
    dim(`  … ${printable(after)}`),
    `  - ${printable(one)}`,
    `  + ${printable(other)}`,
  ])
