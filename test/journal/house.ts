// What the tests of the copy on disk share: a store with core's shelf and the journal's copy of it, joined by a real
// channel. A house is a process: what it leaves in its directory is all that the next one knows.

import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MessageChannel } from 'node:worker_threads'
import { systemClock } from '../../src/base/clock.ts'
import { Board, EdgeWord } from '../../src/board/board.ts'
import { Copies, JOURNAL_ROW } from '../../src/core/copies.ts'
import { Epochs } from '../../src/core/epochs.ts'
import { Shelf } from '../../src/core/shelf.ts'
import { CoreLink } from '../../src/journal/core-link.ts'
import { LargeFiles } from '../../src/journal/large-files.ts'
import { StoreCopy } from '../../src/journal/store-copy.ts'
import { fillRecord, recordBytes } from '../../src/store/fill.ts'
import type { RecordContent } from '../../src/store/fill.ts'
import { hazardBytes } from '../../src/store/hazards.ts'
import { IndexWord, StoreIndex, indexBytes } from '../../src/store/index.ts'
import { hashKey } from '../../src/store/keys.ts'
import { Time, Word } from '../../src/store/layout.ts'
import { Segments, makeSegments } from '../../src/store/segments.ts'
import { Channel } from '../../src/threads/channel.ts'
import type { CoreToJournal, JournalToCore } from '../../src/threads/messages.ts'

const EDGE = 0
const NOTHING = new Uint8Array(0)

export interface Wishes {
  mebibytes?: number
  loadWithin?: number
  firstRetry?: number
}

export interface Told {
  level: string
  event: string
  detail: Record<string, unknown>
}

/** A record as it was found in the store, in words that compare well. */
export interface Found {
  fields: string
  body: string
  status: number
  flags: number
  serial: number
  freshUntil: number
  storedAt: number
}

export class House {
  readonly board = new Board()
  readonly segments: Segments
  readonly index: StoreIndex
  readonly shelf: Shelf
  readonly told: Told[] = []
  readonly copy: StoreCopy
  readonly large: LargeFiles
  readonly #link = new CoreLink()
  #copies: Copies

  constructor(directory: string, { mebibytes = 1, loadWithin = 10_000, firstRetry = 20 }: Wishes = {}) {
    this.segments = new Segments(makeSegments(mebibytes * 2 ** 20))
    this.index = new StoreIndex(new SharedArrayBuffer(indexBytes(8192)), this.segments)
    this.index.words[IndexWord.seed] = Math.floor(Math.random() * 1e9) + 1
    this.#copies = new Copies(this.board, this.index)
    this.shelf = new Shelf({
      segments: this.segments,
      index: this.index,
      hazards: new SharedArrayBuffer(hazardBytes()),
      epochs: new Epochs(this.board, epoch => this.#copies.announce(epoch)),
      edges: () => 1,
      stored: ref => this.#copies.stored(ref),
      purged: (prefix, until, isSoft) => this.#copies.purged(Buffer.from(prefix).toString('latin1'), until, isSoft),
      dropped: name => this.#copies.dropped(name),
    })
    const log = (level: string, event: string, detail: Record<string, unknown> = {}): void =>
      void this.told.push({ level, event, detail })
    this.large = new LargeFiles(`${directory}-large`, this.index)
    this.copy = new StoreCopy({
      ...{ directory, log, loadWithin, firstRetry, large: this.large },
      index: this.index,
      core: this.#link,
      clock: systemClock,
    })
    this.#join()
  }

  /** A process that has loaded what there is. */
  static async open(directory: string, wishes: Wishes = {}): Promise<House> {
    const house = new House(directory, wishes)
    await house.copy.opened
    await house.settled()
    return house
  }

  /** Core has died; a new one stands there, which does not know what the old one did not get to say. */
  coreDies(): void {
    this.#copies.gone()
    this.#copies = new Copies(this.board, this.index)
    this.#join()
  }

  store(key: string, body: string | Uint8Array, more: Partial<RecordContent> = {}): number {
    const now = Date.now()
    const bytes = Buffer.from(body)
    const until = { freshUntil: now + 60_000, revalidateUntil: now + 60_000, errorUntil: now + 60_000 }
    const content = {
      key: Buffer.from(key, 'latin1'),
      lines: Buffer.from(`Content-Length: ${bytes.length}\r\n`),
      ...{ body: [bytes], bodyLength: bytes.length, status: 200, flags: 0, storedAt: now, ageBase: now },
      ...until,
      ...more,
    }
    const ref = this.shelf.take(EDGE, recordBytes(content))
    if (ref === 0) return 0
    fillRecord(this.segments, ref, content)
    return this.shelf.publish(EDGE, ref) ? ref : 0
  }

  invalidate(key: string): void {
    this.shelf.invalidate(Buffer.from(key, 'latin1'))
    this.#copies.removed([key])
  }

  purge(prefix: string, isSoft = false): void {
    this.shelf.purge([Buffer.from(prefix, 'latin1')], isSoft)
    while (this.shelf.isPurging) this.shelf.turn(false)
  }

  /** Purges what has a tag of this hash, as core does. */
  purgeTag(hash: number, isSoft: boolean): void {
    this.index.purgedTags.purge([hash], isSoft)
    this.#copies.tagged([hash], isSoft)
  }

  /** Purges what is stored under this key, and its variants, softly. */
  soften(key: string): void {
    this.shelf.soften([Buffer.from(key, 'latin1')], () => {})
    while (this.shelf.isPurging) this.shelf.turn(false)
  }

  find(key: string): Found | undefined {
    const bytes = Buffer.from(key, 'latin1')
    const ref = this.index.find(hashKey(this.index.seed, bytes), NOTHING, bytes, 0, bytes.length)
    return ref === 0 ? undefined : this.#read(ref)
  }

  /** Everything in the store, by key. */
  get all(): Map<string, Found> {
    return new Map(
      [...this.index.refs()].map(ref => [Buffer.from(this.segments.key(ref)).toString('latin1'), this.#read(ref)]),
    )
  }

  /** Resolves when all said so far is on disk, or the copy is off. */
  settled(durable = false): Promise<void> {
    return new Promise(resolve => this.#copies.settle(durable, performance.now(), resolve))
  }

  /** Resolves once `test` holds. */
  async until(test: () => boolean): Promise<void> {
    while (!test()) await new Promise(resolve => setTimeout(resolve, 2))
  }

  /** One turn of core: places go back once the journal has acknowledged. */
  async turn(): Promise<void> {
    this.shelf.turn(true)
    await new Promise(resolve => setTimeout(resolve, 1))
    this.shelf.turn(false)
  }

  /** Ends as if killed: what is in no file is lost. */
  async kill(): Promise<void> {
    this.#copies.gone()
    this.#link.close()
    await this.copy.close()
  }

  #read(ref: number): Found {
    const { segments } = this
    return {
      fields: Buffer.from(segments.fields(ref)).toString('latin1'),
      body: Buffer.from(segments.body(ref)).toString('latin1'),
      status: segments.word(ref, Word.status),
      flags: segments.word(ref, Word.flags),
      serial: segments.word(ref, Word.serial),
      freshUntil: segments.time(ref, Time.freshUntil),
      storedAt: segments.time(ref, Time.storedAt),
    }
  }

  #join(): void {
    const { port1, port2 } = new MessageChannel()
    const journal = new Channel<JournalToCore, CoreToJournal>(port1)
    this.#link.connect(journal)
    journal.onMessage(message => this.#hear(message))
    this.#copies.connect(new Channel<CoreToJournal, JournalToCore>(port2), this.shelf)
  }

  #hear(message: CoreToJournal): void {
    const { copy } = this
    if (message.type === 'begin') copy.begin(message.load)
    else if (message.type === 'stored') copy.stored(message.ref, message.serial)
    else if (message.type === 'removed') for (const key of message.keys) copy.removed(Buffer.from(key, 'latin1'))
    else if (message.type === 'purged') {
      const { prefix, serial, soft } = message
      copy.purged(Buffer.from(prefix, 'latin1'), serial, soft)
    } else if (message.type === 'tagged') copy.tagged(message.hashes, message.soft)
    else if (message.type === 'settle') copy.settle(message.id, message.durable)
    else if (message.type === 'placed') this.#link.answered(message.id, message.refs)
    else if (message.type === 'dropped') void this.large.remove(message.name)
    else if (message.type === 'restored') this.#link.answered(message.id, [])
    else Atomics.store(this.board.edge(JOURNAL_ROW), EdgeWord.epoch, message.epoch)
  }
}

/** A folder for one test, and the files of the log in it. */
export class Folder {
  readonly path = mkdtempSync(join(tmpdir(), 'breakwater-journal-'))
  readonly store = join(this.path, 'data', 'store')

  get files(): string[] {
    return readdirSync(this.store)
      .sort()
      .map(name => join(this.store, name))
  }

  get bytes(): number {
    return this.files.reduce((sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0)
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}
