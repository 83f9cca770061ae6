// Room on the journal's disk: what is free, and what stays so, that a database and a log which share it go on when forms no longer may.

import { statfsSync } from 'node:fs'

/** Bytes; of a disk of less than 2.5 GiB a tenth stays free instead. */
const USUAL_SPARE = 256 * 1024 * 1024
const SHARE = 0.1

export interface Room {
  readonly free: number
  readonly spare: number
}

/** Both in bytes. `spare` as the config has it, undefined where it says nothing. */
export function roomOn(folder: string, spare: number | undefined): Room {
  const { bavail, blocks, bsize } = statfsSync(folder)
  return { free: bavail * bsize, spare: spare ?? Math.min(USUAL_SPARE, blocks * bsize * SHARE) }
}
