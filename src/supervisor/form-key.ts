// The key that the forms of copied pages are signed with. It lies in the data directory, so that a page which a visitor has
// open outlives a restart; where nothing can be kept there, it is a new one each time.

import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const KEY_FILE = 'form-key'
const KEY_BYTES = 32

/** `directory` is locked, so nobody else writes there. */
export function formKeyIn(directory: string): Uint8Array {
  const file = join(directory, KEY_FILE)
  try {
    const kept = readFileSync(file)
    if (kept.length === KEY_BYTES) return kept
  } catch {
    // There is none yet.
  }
  const drawn = randomBytes(KEY_BYTES)
  try {
    writeFileSync(file, drawn, { mode: 0o600 })
  } catch {
    // The supervisor has said that the directory cannot be used.
  }
  return drawn
}
