// What stands in a record in the place of a body that lies on disk: the name of its file, its length, and a checksum for each
// piece of it. A piece is read and looked at as a whole, so that no byte of a damaged file reaches anyone.
//
//   | name: 8 bytes | length: float64 | CRC-32 of each piece: 4 bytes |

import { Flag, Word } from './layout.ts'
import type { Segments } from './segments.ts'

/** Bodies of so many bytes and more lie on disk, where there is room for them. */
export const LARGE = 1024 * 1024
/** Bytes of a piece: one read of the disk. The largest body there may be, 1 GiB, has 4096 of them, 16 KiB of checksums. */
export const PIECE = 256 * 1024

const LENGTH_AT = 8
const CHECKSUMS_AT = 16

export interface OnDisk {
  /** Of the file: 16 hexadecimal digits. */
  readonly name: string
  /** Bytes. */
  readonly length: number
  /** CRC-32 of each piece. */
  readonly checksums: readonly number[]
}

export function encodeOnDisk({ name, length, checksums }: OnDisk): Buffer {
  const bytes = Buffer.alloc(CHECKSUMS_AT + checksums.length * 4)
  bytes.write(name, 'hex')
  bytes.writeDoubleLE(length, LENGTH_AT)
  checksums.forEach((sum, i) => bytes.writeUInt32LE(sum, CHECKSUMS_AT + i * 4))
  return bytes
}

/** A copy, good for as long as one likes. */
export function decodeOnDisk(table: Uint8Array): OnDisk {
  const bytes = Buffer.from(table.buffer, table.byteOffset, table.length)
  const count = Math.max(0, Math.floor((bytes.length - CHECKSUMS_AT) / 4))
  const checksums = Array.from({ length: count }, (_, i) => bytes.readUInt32LE(CHECKSUMS_AT + i * 4))
  return { ...shortly(bytes), checksums }
}

const shortly = (bytes: Buffer): Pick<OnDisk, 'name' | 'length'> => ({
  name: bytes.toString('hex', 0, LENGTH_AT),
  length: bytes.readDoubleLE(LENGTH_AT),
})

/** Name and length of the file with the body of the record at `ref`; undefined when its body is in memory. */
export function fileOf(segments: Segments, ref: number): Pick<OnDisk, 'name' | 'length'> | undefined {
  if ((segments.word(ref, Word.flags) & Flag.onDisk) === 0) return undefined
  const table = segments.body(ref)
  return shortly(Buffer.from(table.buffer, table.byteOffset, table.length))
}

/** Bytes of the body of the record at `ref`, wherever it lies. */
export const bodyBytes = (segments: Segments, ref: number): number =>
  fileOf(segments, ref)?.length ?? segments.word(ref, Word.bodyLength)
