// Counts who of those waiting is still there, at points ever farther apart along the queue, so that edges can tell each
// visitor how many people stand in front and not how many numbers.

import { MOST_HOLES, PRESENCE_OFFSETS, RoomWord } from '../../board/rooms.ts'
import type { RoomRow } from '../../board/rooms.ts'
import type { Gap } from './keeping.ts'

/** Positions looked at between two points at most; a longer stretch is sampled. 64 × 4096 looks take about a millisecond. */
const MOST_LOOKS = 4096

/** Holes that edges are told of. Nobody stands in one; they are in order. */
export const holesWithin = (holes: readonly Gap[], [from, to]: Gap): Gap[] =>
  holes.filter(hole => hole[1] > from && hole[0] < to).slice(0, MOST_HOLES)

/** How many are there of those from the first position on, up to each of the PRESENCE_OFFSETS; holes are left out of both. */
export function countPresent(
  [from, to]: Gap,
  holes: readonly Gap[],
  isPresent: (position: number) => boolean,
): number[] {
  let sum = 0
  let before = 0
  let at = behindHole(holes, from)
  return PRESENCE_OFFSETS.map(offset => {
    const stride = Math.max(1, Math.ceil((offset - before) / MOST_LOOKS))
    for (; before < offset && at < to; before += stride) {
      if (isPresent(at)) sum += Math.min(stride, offset - before)
      at = behindHole(holes, at + stride)
    }
    before = offset
    return sum
  })
}

/** Writes `holes`, `present` and `until`: what was counted of the positions up to `to`. */
export function publishPresence(row: RoomRow, to: number, holes: readonly Gap[], present: readonly number[]): void {
  for (let i = 0; i < MOST_HOLES; i++) {
    row.set(RoomWord.holes + 2 * i, holes[i]?.[0] ?? 0)
    row.set(RoomWord.holes + 2 * i + 1, holes[i]?.[1] ?? 0)
  }
  for (const [step, count] of present.entries()) row.set(RoomWord.present + step, count)
  row.set(RoomWord.until, to)
}

const behindHole = (holes: readonly Gap[], at: number): number =>
  holes.reduce((position, [first, end]) => (position >= first && position < end ? end : position), at)
