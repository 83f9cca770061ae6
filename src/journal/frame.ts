// How stored responses lie on disk: a file header, then frames, one behind the other. A frame is a record of the store, or
// says that a key or all keys with a prefix were taken out before it. All numbers are little-endian.
//
//   file:   "BREAKWATER STORE" | version u32 | marker 8 bytes | CRC-32 of the 28 bytes before
//   frame:  marker 8 | length u32 | CRC-32 of all else u32 | words 9 × u32 | times 5 × f64 | key | fields | body | tags
//
// The marker is drawn at random and stands before each frame of a log. It leads a reader past a damaged place to the next frame,
// and since nobody outside knows it, no frame forged inside a body is taken for one.

import { randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { HEADER_BYTES, Time, Word } from '../store/layout.ts'
import type { Segments } from '../store/segments.ts'

/** A file of another version is not read. */
const VERSION = 2
const MAGIC = Buffer.from('BREAKWATER STORE', 'latin1')
const MARKER_BYTES = 8
export const FILE_HEADER_BYTES = 32
export const FRAME_HEADER_BYTES = 92

/** What a frame says. */
export const Kind = { record: 1, removed: 2, purged: 3, tagged: 4 } as const

/** Offsets within a frame. */
const At = { length: 8, crc: 12, words: 16, times: 52 } as const
const words = [
  'kind',
  'counter',
  'serial',
  'flags',
  'status',
  'keyLength',
  'linesLength',
  'bodyLength',
  'tagCount',
] as const
const times = ['storedAt', 'ageBase', 'freshUntil', 'revalidateUntil', 'errorUntil'] as const

type Numbers = Record<(typeof words)[number] | (typeof times)[number], number>

/** A frame as read. The bytes are views of what it was read from. */
export interface Frame extends Numbers {
  /** Of the whole frame. */
  length: number
  key: Uint8Array
  lines: Uint8Array
  body: Uint8Array
  /** Hashes (store/purged-tags.ts). */
  tags: number[]
}

export const newMarker = (): Buffer => randomBytes(MARKER_BYTES)

export function encodeFileHeader(marker: Uint8Array): Buffer {
  const header = Buffer.alloc(FILE_HEADER_BYTES)
  header.set(MAGIC)
  header.writeUInt32LE(VERSION, 16)
  header.set(marker, 20)
  header.writeUInt32LE(crc32(header.subarray(0, 28)), 28)
  return header
}

/** The marker of a file's frames, or undefined when this is no file of ours, of another version, or damaged. */
export function readFileHeader(bytes: Buffer): Buffer | undefined {
  if (bytes.length < FILE_HEADER_BYTES || !bytes.subarray(0, 16).equals(MAGIC)) return undefined
  if (bytes.readUInt32LE(16) !== VERSION || bytes.readUInt32LE(28) !== crc32(bytes.subarray(0, 28))) return undefined
  return bytes.subarray(20, 28)
}

/**
 * Copies the record at `ref`, with these flags, out of shared memory. `counter` is the serial of the last placement anywhere: a later process
 * counts on from there, so that no serial is ever given twice.
 */
export function encodeRecord(
  segments: Segments,
  ref: number,
  flags: number,
  marker: Uint8Array,
  counter: number,
): Buffer {
  const word = (word: number): number => segments.word(ref, word)
  const time = (time: number): number => segments.time(ref, time)
  const [keyLength, linesLength, bodyLength] = [word(Word.keyLength), word(Word.fieldsLength), word(Word.bodyLength)]
  const numbers: Numbers = {
    kind: Kind.record,
    counter,
    serial: word(Word.serial),
    flags,
    status: word(Word.status),
    ...{ keyLength, linesLength, bodyLength, tagCount: word(Word.tags) },
    storedAt: time(Time.storedAt),
    ageBase: time(Time.ageBase),
    freshUntil: time(Time.freshUntil),
    revalidateUntil: time(Time.revalidateUntil),
    errorUntil: time(Time.errorUntil),
  }
  const bytes = segments.bytes[segments.segmentOf(ref)]!
  const from = segments.byteOf(ref) + HEADER_BYTES
  return encode(marker, numbers, bytes.subarray(from, from + keyLength + linesLength + bodyLength), segments.tags(ref))
}

/**
 * Says that what was stored under this key (`removed`), or under all keys that begin so and with a serial up to this one
 * (`purged`), is gone; with the flag `purged`, that it was purged softly.
 */
export function encodeRemoval(
  kind: typeof Kind.removed | typeof Kind.purged,
  key: Uint8Array,
  marker: Uint8Array,
  counter: number,
  serial = 0,
  flags = 0,
): Buffer {
  const lengths = { keyLength: key.length, linesLength: 0, bodyLength: 0, tagCount: 0 }
  return encode(marker, { ...NONE, kind, counter, serial, flags, ...lengths }, key)
}

/** Says that what was stored before with a tag of one of these hashes is gone; with the flag `purged`, that it was purged softly. */
export function encodeTagged(hashes: readonly number[], flags: number, marker: Uint8Array, counter: number): Buffer {
  const numbers = { ...NONE, kind: Kind.tagged, counter, flags, tagCount: hashes.length }
  return encode(marker, numbers, new Uint8Array(0), hashes)
}

const NONE: Numbers = Object.fromEntries([...words, ...times].map(name => [name, 0])) as Numbers

function encode(marker: Uint8Array, numbers: Numbers, content: Uint8Array, tags: ArrayLike<number> = []): Buffer {
  const tagsAt = FRAME_HEADER_BYTES + content.length
  const frame = Buffer.allocUnsafe(tagsAt + tags.length * 4)
  frame.set(marker)
  frame.writeUInt32LE(frame.length, At.length)
  words.forEach((name, i) => frame.writeUInt32LE(numbers[name] >>> 0, At.words + i * 4))
  times.forEach((name, i) => frame.writeDoubleLE(numbers[name], At.times + i * 8))
  frame.set(content, FRAME_HEADER_BYTES)
  for (let i = 0; i < tags.length; i++) frame.writeInt32LE(tags[i]!, tagsAt + i * 4)
  frame.writeUInt32LE(checksum(frame), At.crc)
  return frame
}

/** The frame's length in bytes, or 0 when no whole and sound frame of this log begins at `at`. */
export function soundLength(bytes: Buffer, at: number, marker: Uint8Array): number {
  if (at + FRAME_HEADER_BYTES > bytes.length) return 0
  if (bytes.compare(marker, 0, MARKER_BYTES, at, at + MARKER_BYTES) !== 0) return 0
  const length = bytes.readUInt32LE(at + At.length)
  if (length < FRAME_HEADER_BYTES || at + length > bytes.length) return 0
  const frame = bytes.subarray(at, at + length)
  if (frame.readUInt32LE(At.crc) !== checksum(frame)) return 0
  const content = wordAt(frame, 'keyLength') + wordAt(frame, 'linesLength') + wordAt(frame, 'bodyLength')
  return content + 4 * wordAt(frame, 'tagCount') === length - FRAME_HEADER_BYTES ? length : 0
}

/** The frame that `soundLength` found sound. */
export function decodeFrame(bytes: Buffer, at: number): Frame {
  const frame = bytes.subarray(at, at + bytes.readUInt32LE(at + At.length))
  const numbers = {} as Numbers
  for (const name of words) numbers[name] = wordAt(frame, name)
  times.forEach((name, i) => (numbers[name] = frame.readDoubleLE(At.times + i * 8)))
  const linesAt = FRAME_HEADER_BYTES + numbers.keyLength
  const bodyAt = linesAt + numbers.linesLength
  const tagsFrom = bodyAt + numbers.bodyLength
  return {
    ...numbers,
    length: frame.length,
    key: frame.subarray(FRAME_HEADER_BYTES, linesAt),
    lines: frame.subarray(linesAt, bodyAt),
    body: frame.subarray(bodyAt, tagsFrom),
    tags: Array.from({ length: numbers.tagCount }, (_, i) => frame.readInt32LE(tagsFrom + i * 4)),
  }
}

const wordAt = (frame: Buffer, name: (typeof words)[number]): number =>
  frame.readUInt32LE(At.words + words.indexOf(name) * 4)

const checksum = (frame: Buffer): number => crc32(frame.subarray(At.words), crc32(frame.subarray(0, At.crc)))
