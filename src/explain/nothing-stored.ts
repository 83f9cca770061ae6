// The store of a dry run: a real one, with nothing in it and no place for anything, so that the cache room decides as a running shield
// does that has never seen the page.

import { randomInt } from 'node:crypto'
import type { CacheDeps, CoreCache } from '../cache/types.ts'
import { Comings } from '../cache/coming/comings.ts'
import { LargeBodies } from '../large/bodies.ts'
import { Hazards, hazardBytes } from '../store/hazards.ts'
import { IndexWord, StoreIndex, indexBytes } from '../store/index.ts'
import { Segments, makeSegments } from '../store/segments.ts'

/** The least that segments are made of, bytes. */
const BYTES = 1024 * 1024
/** Entries of the index: none is ever added. */
const ENTRIES = 64

/** Whoever asks for a place is told that there is none, and nobody waits for what is fetched. */
const core: CoreCache = {
  place: async () => 0,
  unplace: () => undefined,
  publish: async () => undefined,
  publishCopy: async () => undefined,
  extent: async () => 0,
  coming: () => undefined,
  closeComing: () => undefined,
  head: async () => undefined,
  end: () => undefined,
  invalidate: async () => undefined,
  countOverBound: () => undefined,
  countDamaged: () => undefined,
  countProof: () => undefined,
  countPlain: () => undefined,
}

export type EmptyStore = Pick<CacheDeps, 'index' | 'hazards' | 'core' | 'comings' | 'large'>

export function nothingStored(): EmptyStore {
  const index = new StoreIndex(new SharedArrayBuffer(indexBytes(ENTRIES)), new Segments(makeSegments(BYTES)))
  index.words[IndexWord.seed] = randomInt(1, 2 ** 31)
  const hazards = new Hazards(new SharedArrayBuffer(hazardBytes()), 0)
  return { index, hazards, core, comings: new Comings(index, hazards, core), large: new LargeBodies('', () => 0) }
}
