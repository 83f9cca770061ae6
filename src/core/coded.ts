// Compressed copies, as core sees them: each stands under a key of its own and belongs to one record, with which it comes and goes.

import { CODINGS } from '../http/codings.ts'
import type { StoreIndex } from '../store/index.ts'
import { codedFrom, codedSuffix, hashKey } from '../store/keys.ts'
import { Flag, Word } from '../store/layout.ts'

const NOTHING = new Uint8Array(0)

/** Is it a copy whose record is gone, or has been replaced? */
export function isOrphan(index: StoreIndex, ref: number): boolean {
  const { segments } = index
  if ((segments.word(ref, Word.flags) & Flag.coded) === 0) return false
  const { key, serial } = codedFrom(segments.key(ref))
  const owner = find(index, key)
  return owner === 0 || segments.word(owner, Word.serial) >>> 0 !== serial
}

/** The places of the copies of the record at `ref`. */
export function copiesOf(index: StoreIndex, ref: number): number[] {
  const { segments } = index
  if ((segments.word(ref, Word.flags) & Flag.mayBeCoded) === 0) return []
  const serial = segments.word(ref, Word.serial)
  const keys = CODINGS.map(coding => Buffer.concat([segments.key(ref), Buffer.from(codedSuffix(serial, coding))]))
  return keys.map(key => find(index, key)).filter(copy => copy !== 0)
}

const find = (index: StoreIndex, key: Uint8Array): number =>
  index.find(hashKey(index.seed, key), NOTHING, key, 0, key.length)
