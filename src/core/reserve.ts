// How much of the store stands ready for new responses, so that nobody waits for others to be evicted.

import { UNIT } from '../store/layout.ts'

/**
 * Free or soon to be, at all times: 2% of the store, at least 4 MiB where that is at most an eighth. An epoch takes a few
 * milliseconds, so even 1 GB/s of new responses finds room in 4 MiB.
 */
const RESERVE_SHARE = 0.02
const RESERVE_BYTES = 4 * 1024 * 1024

/** Units of a store of so many. */
export function reserveUnits(units: number): number {
  const atLeast = Math.min(RESERVE_BYTES / UNIT, units / 8)
  return Math.floor(Math.max(units * RESERVE_SHARE, atLeast))
}
