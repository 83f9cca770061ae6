// Large bodies of stored responses, each in a file of its own in the data directory. An edge writes one and reads it; once its
// record has left the store and nobody reads that any more, the journal removes the file (journal/bodies.ts). Nothing is
// synced: what a crash of the machine tears is found out by the checksums.

import { randomBytes } from 'node:crypto'
import { link, mkdir, open, statfs, unlink } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { LARGE, PIECE, decodeOnDisk, encodeOnDisk } from '../store/on-disk.ts'
import { LargeBody } from './body.ts'

/** Disk that stays free for others, collected forms before all: 256 MiB hold half a million of 500 bytes. */
const SPARE_BYTES = 256 * 1024 * 1024
/** No body takes more than a quarter of the room: storing it would push out too much else. */
const LARGEST_SHARE = 0.25

export class LargeBodies {
  readonly #directory: string
  readonly #bound: () => number

  /** `bound`: bytes on disk, 0 for none. */
  constructor(directory: string, bound: () => number) {
    this.#directory = directory
    this.#bound = bound
  }

  /** Does a body of so many bytes belong on disk? */
  takes(length: number): boolean {
    return length >= LARGE && length <= this.#bound() * LARGEST_SHARE
  }

  /** Writes the body: what stands for it in the record (store/on-disk.ts), or undefined when the disk cannot take it. */
  async write(pieces: readonly Uint8Array[], length: number): Promise<Buffer | undefined> {
    return this.#under(async (name, path) => {
      const { bavail, bsize } = await statfs(this.#directory)
      if (bavail * bsize - length < SPARE_BYTES) return undefined
      const file = await open(path, 'wx', 0o600)
      try {
        return encodeOnDisk({ name, length, checksums: await fill(file, pieces) })
      } finally {
        await file.close()
      }
    })
  }

  /** The same body under another name, for a record that takes the place of its own: no byte is copied. */
  async again(table: Uint8Array): Promise<Buffer | undefined> {
    const body = decodeOnDisk(table)
    return this.#under(async (name, path) => {
      await link(this.#path(body.name), path)
      return encodeOnDisk({ ...body, name })
    })
  }

  /** No record came to stand for it. */
  drop(table: Uint8Array): void {
    unlink(this.#path(decodeOnDisk(table).name)).catch(() => {})
  }

  /**
   * Bytes [from, to) of a body. `opened` is called once its file may be removed; `damaged` when not all of it is what was
   * written, before whoever reads it hears that it is cut short.
   */
  read(table: Uint8Array, from: number, to: number, opened: () => void, damaged: () => void): LargeBody {
    const body = decodeOnDisk(table)
    return new LargeBody({ ...body, path: this.#path(body.name), from, to, opened, damaged })
  }

  #path(name: string): string {
    return join(this.#directory, name)
  }

  /** Under a name that nobody has; what was begun is removed when it is not to be had. */
  async #under(make: (name: string, path: string) => Promise<Buffer | undefined>): Promise<Buffer | undefined> {
    const name = randomBytes(8).toString('hex')
    const path = this.#path(name)
    try {
      await mkdir(this.#directory, { recursive: true, mode: 0o700 })
      return await make(name, path)
    } catch {
      await unlink(path).catch(() => {})
      return undefined
    }
  }
}

/** Writes the body piece by piece, so that neither checksums nor the disk hold up the edge for long. Their checksums. */
async function fill(file: FileHandle, body: readonly Uint8Array[]): Promise<number[]> {
  const checksums: number[] = []
  for (const parts of inPieces(body)) {
    const length = parts.reduce((sum, part) => sum + part.length, 0)
    checksums.push(parts.reduce((sum, part) => crc32(part, sum), 0))
    const { bytesWritten } = await file.writev(parts)
    if (bytesWritten !== length) throw new Error('the disk has not taken all of it')
  }
  return checksums
}

/** The body's bytes as lists of parts that make a piece each. */
function* inPieces(body: readonly Uint8Array[]): Generator<Uint8Array[]> {
  let parts: Uint8Array[] = []
  let room = PIECE
  for (const chunk of body) {
    for (let from = 0; from < chunk.length;) {
      const part = chunk.subarray(from, from + room)
      parts.push(part)
      from += part.length
      room -= part.length
      if (room > 0) continue
      yield parts
      parts = []
      room = PIECE
    }
  }
  if (parts.length > 0) yield parts
}
