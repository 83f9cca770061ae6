// A body that lies in a file of the journal, read by the thread that owns it: for people and their programs, never for sending.

import { closeSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { BLOCK, BLOCK_MORE, isSealed } from '../base/seal.ts'
import type { Seal } from '../base/seal.ts'

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
