// The known name that a mistyped one probably meant, for options of the config and verbs of the command line.

/** Names longer than this are compared by their beginning only; none of ours comes near. */
const LONGEST = 64

/**
 * The name of `known` with the smallest edit distance to `given` (insertion, deletion, exchange of one letter, swap of two
 * neighbours), without regard to case; undefined when none is near enough to be meant: a third of the letters, at least one.
 */
export function nearest(given: string, known: Iterable<string>): string | undefined {
  const wanted = given.slice(0, LONGEST).toLowerCase()
  let best: string | undefined
  let least = Math.max(1, Math.floor(wanted.length / 3)) + 1
  for (const name of known) {
    const away = distance(wanted, name.slice(0, LONGEST).toLowerCase())
    if (away < least) [best, least] = [name, away]
  }
  return best
}

/** The optimal string alignment distance, by dynamic programming over three rows. */
function distance(a: string, b: string): number {
  let before: number[] = []
  let above = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const line = [row]
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1]
      let least = Math.min(above[column]! + 1, line[column - 1]! + 1, above[column - 1]! + (same ? 0 : 1))
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      if (swapped) least = Math.min(least, before[column - 2]! + 1)
      line.push(least)
    }
    ;[before, above] = [above, line]
  }
  return above[b.length]!
}
