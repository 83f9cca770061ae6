// Counts who of those waiting is still there, at points ever farther apart along the queue, so that edges can tell each
// visitor how many people stand in front and not how many numbers.

import { MOST_HOLES, PRESENCE_OFFSETS, RoomWord } from '../../board/rooms.ts'
import type { RoomRow } from '../../board/rooms.ts'
import type { Gap } from './keeping.ts'

/** Positions looked at between two points at most; a longer stretch is sampled. 64 × 4096 looks take about a millisecond. */
const MOST_LOOKS = 4096

/** Writes `holes`, `until` and `present` for the positions from `from` to `to`. Nobody stands in a hole; they are in order. */
export function publishPresence(
  row: Pick<RoomRow, 'set'>,
  [from, to]: Gap,
  holes: readonly Gap[],
  isPresent: (position: number) => boolean,
): void {
  const told = holes.filter(hole => hole[1] > from && hole[0] < to).slice(0, MOST_HOLES)
  for (let i = 0; i < MOST_HOLES; i++) {
    row.set(RoomWord.holes + 2 * i, told[i]?.[0] ?? 0)
    row.set(RoomWord.holes + 2 * i + 1, told[i]?.[1] ?? 0)
  }
  let sum = 0
  let before = 0
  let at = behindHole(told, from)
  for (const [step, offset] of PRESENCE_OFFSETS.entries()) {
    const stride = Math.max(1, Math.ceil((offset - before) / MOST_LOOKS))
    for (; before < offset && at < to; before += stride) {
      if (isPresent(at)) sum += Math.min(stride, offset - before)
      at = behindHole(told, at + stride)
    }
    before = offset
    row.set(RoomWord.present + step, sum)
  }
  row.set(RoomWord.until, to)
}

const behindHole = (holes: readonly Gap[], at: number): number =>
  holes.reduce((position, [first, end]) => (position >= first && position < end ? end : position), at)
