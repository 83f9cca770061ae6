// The shared memory of the process: made once by the supervisor, handed to every thread, outliving each of them.

import { randomInt } from 'node:crypto'
import { hazardBytes } from '../store/hazards.ts'
import { IndexWord, indexBytes } from '../store/index.ts'
import { makeSegments } from '../store/segments.ts'
import type { StoreMemory } from '../threads/messages.ts'

/** Pages of real sites have tens of KiB, their API answers and icons few: the index is made for a mean of 2 KiB. */
const MEAN_RECORD = 2048
/** 4 Mi records take an index of 64 MiB, which an 8 GiB store of 2 KiB records fills. */
const MOST_RECORDS = 4 * 1024 * 1024

/** `bytes` is config cache.memory, the index in it. The index's seed is drawn here, so that nobody outside can choose colliding keys. */
export function makeStoreMemory(bytes: number): StoreMemory {
  const index = new SharedArrayBuffer(indexBytes(Math.min(Math.ceil(bytes / MEAN_RECORD), MOST_RECORDS)))
  new Int32Array(index)[IndexWord.seed] = randomInt(1, 2 ** 31)
  return { segments: makeSegments(bytes - index.byteLength), index, hazards: new SharedArrayBuffer(hazardBytes()) }
}
