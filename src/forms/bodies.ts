// Bodies that lie in files of the journal, for the thread that owns them: read for people and their programs, never for sending, and
// removed with their forms.

import { closeSync, openSync, readSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { BLOCK, BLOCK_MORE, isSealed } from '../base/seal.ts'
import type { Seal } from '../base/seal.ts'
import type { KeptForm } from './rows.ts'

/** Blocks of 64 KiB that are read: 16 MiB, in which the fields of any form are. */
const MOST_BLOCKS = 256

/** Its beginning, decrypted; empty where it is gone. Throws `Sealed` where it was changed. */
export function readBody(folder: string, file: string, seal: Seal): Buffer {
  let handle
  try {
    handle = openSync(join(folder, file), 'r')
  } catch {
    return Buffer.alloc(0)
  }
  try {
    const parts: Buffer[] = []
    let size = BLOCK + BLOCK_MORE
    for (let i = 0, at = 0; i < MOST_BLOCKS; i++) {
      const block = Buffer.alloc(size)
      const bytes = readSync(handle, block, 0, size, at)
      if (bytes === 0) break
      const isPlain = !isSealed(i === 0 ? block : parts[0]!) && i === 0
      if (isPlain) size = BLOCK
      parts.push(block.subarray(0, bytes))
      at += bytes
    }
    const isClosed = parts[0] !== undefined && isSealed(parts[0])
    return Buffer.concat(isClosed ? parts.map((part, i) => seal.open(part, `${file} ${i}`)) : parts)
  } finally {
    closeSync(handle)
  }
}

export function removeBodies(folder: string, forms: readonly (KeptForm | undefined)[]): void {
  for (const form of forms)
    if (form !== undefined && form.file !== null) rmSync(join(folder, form.file), { force: true })
}

/** Removes all but those that are known; how many. */
export function sweepBodies(folder: string, isKnown: (file: string) => boolean): number {
  const orphans = readdirSync(folder).filter(file => !isKnown(file))
  for (const file of orphans) rmSync(join(folder, file), { force: true })
  return orphans.length
}
