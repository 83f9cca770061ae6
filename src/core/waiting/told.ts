// What a room writes onto the board for edges and operators, in the same words whether one node has it (room.ts, queue.ts) or several
// (node-room.ts).

import { RoomPhase, RoomWord } from '../../board/rooms.ts'
import type { RoomRow } from '../../board/rooms.ts'
import type { CallRate } from './call-rate.ts'
import type { Bears } from './queue.ts'

/** What is let in now. */
export function tellBears(row: RoomRow, { rate, sessions }: Bears): void {
  row.set(RoomWord.pace, Math.round(Math.min(10_000, rate) * 1000))
  row.set(RoomWord.places, sessions)
}

/** When it opens, while that is to come. Both milliseconds since the epoch. */
export function tellOpening(row: RoomRow, opens: number | undefined, now: number): void {
  row.set(RoomWord.opens, opens !== undefined && now < opens ? Math.ceil(opens / 1000) | 0 : 0)
}

/** A second is over: how many are called in one. `isBusy`: somebody waits. `idle`: of the settings, milliseconds. */
export function tellSecond(row: RoomRow, calls: CallRate, isBusy: boolean, bears: Bears, idle: number): void {
  row.set(RoomWord.second, row.get(RoomWord.second) + 1)
  const isOpen = row.get(RoomWord.phase) === RoomPhase.open
  const { rate, sessions, isGuess } = bears
  const expected = isOpen ? Math.min(rate, sessions / (idle / 1000)) : rate
  const measured = calls.second(isBusy && isOpen, isGuess === true ? null : expected)
  row.set(RoomWord.rate, Math.round(1000 * measured))
}
