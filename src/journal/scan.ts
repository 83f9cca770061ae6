// Finds the sound frames in a file's bytes. A process that was killed leaves half a frame at the end, a failing disk leaves
// damage anywhere: what is not sound is passed over, up to the next marker with a sound frame behind it.

import { FILE_HEADER_BYTES, readFileHeader, soundLength } from './frame.ts'

export interface Scan {
  marker: Buffer
  /** Where each sound frame begins, in the order in which they were written. */
  offsets: number[]
  /** Damaged stretches between sound frames. */
  damaged: number
  /** Where the last sound frame ends: what follows was never finished. */
  end: number
}

/** Undefined when the file's header is not one that this version reads. */
export function scan(bytes: Buffer): Scan | undefined {
  const marker = readFileHeader(bytes)
  if (marker === undefined) return undefined
  const found: Scan = { marker, offsets: [], damaged: 0, end: FILE_HEADER_BYTES }
  for (let at = FILE_HEADER_BYTES; at >= 0 && at < bytes.length;) {
    const length = soundLength(bytes, at, marker)
    if (length === 0) {
      at = bytes.indexOf(marker, at + 1)
      continue
    }
    if (at > found.end) found.damaged++
    found.offsets.push(at)
    found.end = at += length
  }
  return found
}
