// Counts who of those waiting is still there, at points ever farther apart along the queue, so that edges can tell each
// visitor how many people stand in front and not how many numbers.

import { PRESENCE_OFFSETS, RoomWord } from '../../board/rooms.ts'
import type { RoomRow } from '../../board/rooms.ts'

/** Positions looked at between two points at most; a longer stretch is sampled. 64 × 4096 looks take about a millisecond. */
const MOST_LOOKS = 4096

/** Writes `until` and `present` for the positions from `from` to `to`. */
export function publishPresence(
  row: RoomRow,
  from: number,
  to: number,
  isPresent: (position: number) => boolean,
): void {
  let sum = 0
  let at = from
  for (const [step, offset] of PRESENCE_OFFSETS.entries()) {
    const end = Math.min(to, from + offset)
    const stride = Math.max(1, Math.ceil((end - at) / MOST_LOOKS))
    for (; at < end; at += stride) if (isPresent(at)) sum += Math.min(stride, end - at)
    at = end
    row.set(RoomWord.present + step, sum)
  }
  row.set(RoomWord.until, to)
}
