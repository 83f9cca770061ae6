// Frames on disk: what is written is read back, and nothing else is taken for a frame.

import assert from 'node:assert/strict'
import test from 'node:test'
import * as fc from 'fast-check'
import {
  FILE_HEADER_BYTES,
  Kind,
  decodeFrame,
  encodeFileHeader,
  encodeRecord,
  encodeRemoval,
  newMarker,
} from '../../src/journal/frame.ts'
import { scan } from '../../src/journal/scan.ts'
import { fillRecord, recordBytes } from '../../src/store/fill.ts'
import type { RecordContent } from '../../src/store/fill.ts'
import { UNIT, Word } from '../../src/store/layout.ts'
import { Segments, makeSegments } from '../../src/store/segments.ts'

const segments = new Segments(makeSegments(2 ** 20))
const bytes = (max: number) => fc.uint8Array({ maxLength: max })
const time = fc.oneof(fc.double({ noNaN: true }), fc.constant(Infinity))
const records: fc.Arbitrary<RecordContent> = fc
  .record({
    key: bytes(60),
    lines: bytes(200),
    content: bytes(3000),
    status: fc.nat(599),
    flags: fc.nat(255),
    storedAt: time,
    ageBase: time,
    freshUntil: time,
    revalidateUntil: time,
    errorUntil: time,
    tags: fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), { maxLength: 20 }),
  })
  .map(({ content, ...rest }) => ({ ...rest, body: [content], bodyLength: content.length }))

/** The record as a frame, through shared memory. */
function frameOf(content: RecordContent, marker: Buffer, serial = 7): Buffer {
  fillRecord(segments, 1, content)
  segments.setWord(1, Word.serial, serial)
  segments.setWord(1, Word.units, Math.ceil(recordBytes(content) / UNIT))
  return encodeRecord(segments, 1, content.flags, marker, 99)
}

const fileOf = (marker: Buffer, ...frames: Buffer[]): Buffer => Buffer.concat([encodeFileHeader(marker), ...frames])
const plain = (body: string): RecordContent => ({
  key: Buffer.from('site http://example.org/'),
  lines: Buffer.from('Content-Type: text/plain\r\n'),
  body: [Buffer.from(body)],
  bodyLength: body.length,
  ...{ status: 200, flags: 0, storedAt: 1, ageBase: 2, freshUntil: 3, revalidateUntil: 4, errorUntil: 5 },
})

test('a record comes out of its frame as it went in', () => {
  fc.assert(
    fc.property(records, fc.nat(2 ** 31 - 1), (content, serial) => {
      const marker = newMarker()
      const file = fileOf(marker, frameOf(content, marker, serial))
      const found = scan(file)
      assert.deepEqual(found?.offsets, [FILE_HEADER_BYTES])
      const { length, kind, counter, keyLength, linesLength, tagCount, body, key, lines, ...numbers } = decodeFrame(
        file,
        FILE_HEADER_BYTES,
      )
      assert.deepEqual([length, kind, counter], [file.length - FILE_HEADER_BYTES, Kind.record, 99])
      assert.deepEqual([keyLength, linesLength, tagCount], [key.length, lines.length, content.tags!.length])
      const { key: wrote, lines: wroteLines, body: wroteBody, ...wroteNumbers } = content
      assert.deepEqual(numbers, { ...wroteNumbers, serial })
      assert.ok(
        Buffer.from(wrote).equals(key) &&
          Buffer.from(wroteLines).equals(lines) &&
          Buffer.from(wroteBody[0]!).equals(body),
      )
    }),
  )
})

test('what says that keys are gone keeps its key and serial', () => {
  const marker = newMarker()
  const file = fileOf(marker, encodeRemoval(Kind.purged, Buffer.from('site '), marker, 5, 2 ** 32 - 1))
  const frame = decodeFrame(file, FILE_HEADER_BYTES)
  assert.deepEqual([frame.kind, frame.counter, frame.serial], [Kind.purged, 5, 2 ** 32 - 1])
  assert.equal(Buffer.from(frame.key).toString(), 'site ')
})

test('a file cut off anywhere gives the frames that are whole', () => {
  const marker = newMarker()
  const frames = ['one', 'two and more', ''].map(body => frameOf(plain(body), marker))
  const file = fileOf(marker, ...frames)
  const ends = frames.map(
    (_, i) => FILE_HEADER_BYTES + frames.slice(0, i + 1).reduce((sum, { length }) => sum + length, 0),
  )
  for (let length = 0; length <= file.length; length++) {
    const found = scan(file.subarray(0, length))
    if (length < FILE_HEADER_BYTES) assert.equal(found, undefined)
    else {
      assert.equal(found?.offsets.length, ends.filter(end => end <= length).length, `cut at ${length}`)
      assert.equal(found.damaged, 0)
      assert.equal(found.end, ends.findLast(end => end <= length) ?? FILE_HEADER_BYTES)
    }
  }
})

test('a byte changed anywhere costs the frame that it stands in, and no other', () => {
  const marker = newMarker()
  const frames = ['one', 'two and more', 'three'].map(body => frameOf(plain(body), marker))
  const file = fileOf(marker, ...frames)
  for (let at = 0; at < file.length; at++) {
    const damaged = Buffer.from(file)
    damaged[at]! ^= 0x20
    const found = scan(damaged)
    if (at < FILE_HEADER_BYTES) assert.equal(found, undefined, `at ${at}`)
    else assert.equal(found?.offsets.length, 2, `at ${at}`)
  }
})

test('garbage between frames is passed over and counted', () => {
  fc.assert(
    fc.property(bytes(300), bytes(300), (before, after) => {
      const marker = newMarker()
      const [one, two] = [frameOf(plain('one'), marker), frameOf(plain('two'), marker)]
      const found = scan(fileOf(marker, Buffer.from(before), one, Buffer.from(after), two))
      assert.equal(found?.offsets.length, 2)
      assert.equal(found.damaged, Number(before.length > 0) + Number(after.length > 0))
    }),
  )
})

test('a frame inside a body is not taken for one, even behind a damaged frame: its writer does not know the marker', () => {
  const marker = newMarker()
  const forged = frameOf({ ...plain('forged'), key: Buffer.from('site http://example.org/admin') }, newMarker())
  const outer = frameOf({ ...plain(''), body: [forged], bodyLength: forged.length }, marker)
  const file = fileOf(marker, outer, frameOf(plain('next'), marker))
  file[FILE_HEADER_BYTES + 20]! ^= 1
  const found = scan(file)
  assert.deepEqual(found?.offsets, [FILE_HEADER_BYTES + outer.length])
})

test('a file of another version is not read', () => {
  const file = encodeFileHeader(newMarker())
  file.writeUInt32LE(1, 16)
  assert.equal(scan(file), undefined)
})
