// Writes a record into a place that core has given: an edge's part of storing. Nobody else knows the place until core
// publishes it, so plain writes do.

import { Time, Word, bytesFor } from './layout.ts'
import type { Segments } from './segments.ts'

/** All that a record holds. Times are milliseconds since the epoch. */
export interface RecordContent {
  key: Uint8Array
  /** Field lines, or what stands in their place (see Flag in layout.ts). */
  lines: Uint8Array
  /** The body's pieces, in order. */
  body: readonly Uint8Array[]
  bodyLength: number
  status: number
  flags: number
  storedAt: number
  ageBase: number
  freshUntil: number
  revalidateUntil: number
  errorUntil: number
  /** Hashes (store/purged-tags.ts); none by default. */
  tags?: readonly number[]
  /** How many purges by tag there had been when it was asked for; with tags. */
  born?: number
}

/** Bytes to ask core for. */
export const recordBytes = ({ key, lines, bodyLength, tags = [] }: RecordContent): number =>
  bytesFor(key.length, lines.length, bodyLength, tags.length)

/** Bytes that the record at `ref` takes as it is filled. */
export function bytesAt(segments: Segments, ref: number): number {
  const length = (word: number): number => segments.word(ref, word)
  const [key, fields] = [length(Word.keyLength), length(Word.fieldsLength)]
  return bytesFor(key, fields, length(Word.bodyLength), length(Word.tags))
}

/** Fills the place `ref`, whose header core has prepared (serial, units, state). */
export function fillRecord(segments: Segments, ref: number, content: RecordContent): void {
  segments.setWord(ref, Word.flags, content.flags)
  segments.setWord(ref, Word.status, content.status)
  segments.setWord(ref, Word.keyLength, content.key.length)
  segments.setWord(ref, Word.fieldsLength, content.lines.length)
  segments.setWord(ref, Word.bodyLength, content.bodyLength)
  segments.setWord(ref, Word.tags, content.tags?.length ?? 0)
  segments.setWord(ref, Word.born, content.born ?? 0)
  segments.setTime(ref, Time.storedAt, content.storedAt)
  segments.setTime(ref, Time.ageBase, content.ageBase)
  segments.setTime(ref, Time.freshUntil, content.freshUntil)
  segments.setTime(ref, Time.revalidateUntil, content.revalidateUntil)
  segments.setTime(ref, Time.errorUntil, content.errorUntil)
  segments.key(ref).set(content.key)
  segments.fields(ref).set(content.lines)
  const body = segments.body(ref)
  let at = 0
  for (const piece of content.body) {
    body.set(piece, at)
    at += piece.length
  }
  if (content.tags !== undefined) segments.tags(ref).set(content.tags)
}
