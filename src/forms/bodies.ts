// Bodies that lie in files of the journal, for the thread that owns them: read for people and their programs, never for sending, and
// removed with their forms.

import { closeSync, fsyncSync, openSync, readSync, readdirSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { BLOCK, BLOCK_MORE } from '../base/seal.ts'
import type { Seal } from '../base/seal.ts'
import { isSealed } from '../base/sealing.ts'
import type { KeptForm } from './rows.ts'

/** The folder in the journal's. */
export const BODIES = 'bodies'

/** Bytes read at once of one that is copied. */
const PIECE = 512 * 1024

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

/** As it lies on disk, encrypted where it is. Throws where it is gone. */
export function* pieces(folder: string, file: string): Generator<Buffer> {
  const handle = openSync(join(folder, file), 'r')
  try {
    for (;;) {
      const piece = Buffer.alloc(PIECE)
      const bytes = readSync(handle, piece)
      if (bytes > 0) yield piece.subarray(0, bytes)
      if (bytes < PIECE) return
    }
  } finally {
    closeSync(handle)
  }
}

/** Writes one that comes from elsewhere; synced when it resolves. */
export async function writeBody(folder: string, file: string, content: AsyncIterable<Buffer>): Promise<void> {
  const handle = openSync(join(folder, file), 'w', 0o600)
  try {
    for await (const piece of content) writeSync(handle, piece)
    fsyncSync(handle)
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
