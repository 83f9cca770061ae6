// What differs between two fetches of one page, piece by piece, for a person to look at. The pieces are tags and words; after a
// difference the nearest place is looked for where both go on alike.

export interface Difference {
  readonly one: string
  readonly other: string
  /** What stands before it in both. */
  readonly after: string
}

/** Shown at most: whoever sees so many needs to see no more. */
const MOST = 20
/** How many pieces further on the two are looked at for going on alike: 2,080 pairs for each difference at most. */
const LOOK_AHEAD = 64
/** Characters of one side that are shown. */
const SHOWN = 160

export function differencesOf(one: string, other: string): Difference[] {
  const [a, b] = [piecesOf(one), piecesOf(other)]
  const found: Difference[] = []
  let [i, j] = [0, 0]
  while ((i < a.length || j < b.length) && found.length < MOST) {
    if (a[i] === b[j]) {
      i++
      j++
      continue
    }
    const [di, dj] = nextAlike(a, b, i, j)
    found.push({ one: shown(a, i, di), other: shown(b, j, dj), after: before(a, i) })
    i += di
    j += dj
  }
  return found
}

const piecesOf = (text: string): string[] => text.match(/<[^>]*>|[^<\s]+|\s+|</g) ?? []

/** How far each has to go on until two pieces are alike in a row; to the end where they never are. */
function nextAlike(a: readonly string[], b: readonly string[], i: number, j: number): [number, number] {
  const isAlike = (di: number, dj: number): boolean =>
    a[i + di] === b[j + dj] && a[i + di] !== undefined && a[i + di + 1] === b[j + dj + 1]
  for (let sum = 1; sum <= LOOK_AHEAD; sum++) {
    for (let di = 0; di <= sum; di++) if (isAlike(di, sum - di)) return [di, sum - di]
  }
  return [a.length - i, b.length - j]
}

const shown = (pieces: readonly string[], from: number, count: number): string =>
  cut(pieces.slice(from, from + Math.min(count, SHOWN)).join(''))

const cut = (text: string): string => (text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text)

const before = (pieces: readonly string[], at: number): string =>
  pieces
    .slice(Math.max(0, at - 4), at)
    .join('')
    .replaceAll(/\s+/g, ' ')
    .slice(-60)
