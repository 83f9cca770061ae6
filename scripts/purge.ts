// A store of so many tagged responses, filled as edges and core fill it, and a purge of all of them by their one tag. A process
// of its own, so that its memory is the store's. Prints one line of JSON (Measured).

import { Board } from '../src/board/board.ts'
import { Epochs } from '../src/core/epochs.ts'
import { Shelf } from '../src/core/shelf.ts'
import { fillRecord, recordBytes } from '../src/store/fill.ts'
import type { RecordContent } from '../src/store/fill.ts'
import { StoreIndex } from '../src/store/index.ts'
import { Verdict, tagHash } from '../src/store/purged-tags.ts'
import { Segments } from '../src/store/segments.ts'
import { makeStoreMemory } from '../src/supervisor/memory.ts'

/** What is printed. Milliseconds, and bytes of an entry besides its body. */
export interface Measured {
  readonly stored: number
  /** Until every look at one of them finds it purged. */
  readonly purgeMs: number
  /** How many looks found it so afterwards. */
  readonly purged: number
  /** Of core's time, all turns together, until the records are taken out at leisure. */
  readonly sweepMs: number
  /** Of the store's own account: record, key, header and tags; and its share of the index. */
  readonly overhead: number
  /** What the process has grown by, divided by the entries, without the bodies. */
  readonly resident: number
}

/** The store is made for a mean of 2 KiB an entry (supervisor/memory.ts). */
const MEAN_RECORD = 2048
const BODY = Buffer.alloc(512, 'b')
/** As a page has them when it comes from an ordinary site behind us: 9 lines. */
const LINES = Buffer.from(
  [
    'Server: nginx',
    'Date: Sat, 21 Nov 2026 12:00:00 GMT',
    'Content-Type: text/html; charset=utf-8',
    'Vary: Accept-Encoding',
    'Last-Modified: Sat, 21 Nov 2026 11:00:00 GMT',
    'ETag: "5f0c6a2b-200"',
    'Cache-Control: public, max-age=3600',
    'Via: 1.1 breakwater',
    `Content-Length: ${BODY.length}`,
    '',
  ].join('\r\n'),
)
const TAG = tagHash('site', 'all')
const FOREVER = { freshUntil: 1e15, revalidateUntil: 1e15, errorUntil: 1e15 }

const count = Number(process.argv[2] ?? 1_000_000)
process.stdout.write(`${JSON.stringify(measure(count))}\n`)

function measure(wanted: number): Measured {
  const before = process.memoryUsage.rss()
  const memory = makeStoreMemory(wanted * MEAN_RECORD)
  const segments = new Segments(memory.segments)
  const index = new StoreIndex(memory.index, segments)
  const epochs = new Epochs(new Board(), () => {})
  const shelf = new Shelf({ segments, index, hazards: memory.hazards, epochs, edges: () => 0 })
  const refs = fill(shelf, segments, wanted)
  const { bytesUsed } = shelf.counts
  const resident = process.memoryUsage.rss() - before
  const begun = performance.now()
  index.purgedTags.purge([TAG], false)
  const purgeMs = performance.now() - begun
  const purged = refs.filter(ref => index.purgedTags.verdict(ref) === Verdict.hard).length
  const stored = refs.length
  return {
    ...{ stored, purgeMs, purged },
    sweepMs: swept(shelf),
    overhead: (bytesUsed + memory.index.byteLength) / stored - BODY.length,
    resident: resident / stored - BODY.length,
  }
}

function fill(shelf: Shelf, segments: Segments, wanted: number): number[] {
  const refs: number[] = []
  for (let i = 0; i < wanted; i++) {
    const content: RecordContent = {
      ...{ lines: LINES, body: [BODY], bodyLength: BODY.length, status: 200, flags: 0, storedAt: 1, ageBase: 1 },
      ...FOREVER,
      key: Buffer.from(`site https://www.example.org/news/2026/11/story-${i}`),
      tags: [TAG],
      born: 0,
    }
    const ref = shelf.take(0, recordBytes(content))
    if (ref === 0) break
    fillRecord(segments, ref, content)
    if (shelf.publish(0, ref)) refs.push(ref)
  }
  return refs
}

/** As core does it beside its other work once the table of purged tags is half full. */
function swept(shelf: Shelf): number {
  const begun = performance.now()
  shelf.sweep(() => {})
  while (shelf.isPurging) shelf.turn(false)
  return performance.now() - begun
}
