// How much disk the copy of the store takes. A frame is shorter than its record in memory, so what is current fits into
// once the store's memory; a quarter more is for what is no longer current. The less of that, the more often current records
// are written once more to drop what lies among them: with 1.13 times the memory in use and the store 90% full, at worst
// five bytes for each one stored, when all files age alike.

/** Times the memory for stored responses. */
const DISK_SHARE = 1.25
/** So many files at least: dropping one frees no more than a small part. */
const FILES = 32
/** A larger file is only read in larger pieces at the start. */
const LARGEST_FILE = 32 * 1024 * 1024

/** Bytes written at once: more would only make whoever waits for a write wait longer. */
const LARGEST_BATCH = 4 * 1024 * 1024

export interface DiskBounds {
  batch: number
  /** Bytes after which a file is followed by the next; it ends with the batch that crosses them. */
  file: number
  /** From here on the oldest file is being cleared. */
  soft: number
  /** From here on nothing new is written before it is: one batch more, and what clearing a file writes, fit below the bound (a record larger than a file does not). */
  hard: number
}

/** `memory` in bytes. */
export function diskBounds(memory: number): DiskBounds {
  const bound = memory * DISK_SHARE
  const file = Math.min(LARGEST_FILE, Math.floor(bound / FILES))
  return { batch: Math.min(LARGEST_BATCH, file), file, soft: bound - 3 * file, hard: bound - 2 * file }
}
