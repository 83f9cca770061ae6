// What an operator has said of a room while it runs: a pace in place of the config's, or that nobody comes in for now. It
// outlives the process, until another command.

import type { RoomChange, RoomState } from '../../threads/rooms.ts'
import type { Bears } from './queue.ts'

export type Commanded = RoomState['commanded']

export const changed = (before: Commanded, change: RoomChange): Commanded => {
  const { rate, isPaused } = { rate: before.rate ?? null, isPaused: before.isPaused ?? false, ...change }
  return { ...(rate === null ? {} : { rate }), ...(isPaused ? { isPaused } : {}) }
}

/** What comes in under a command, where the settings and the origin say `bears`. Who has been called may still come. */
export function under({ rate, isPaused }: Commanded, bears: Bears): Bears {
  if (isPaused === true) return { sessions: 0, rate: 0 }
  return rate === undefined ? bears : { ...bears, rate }
}
