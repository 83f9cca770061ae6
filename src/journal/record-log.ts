// The log of records: frames out of shared memory into files, and files dropped from the front once what is still in the
// store was written again at the end. One caller at a time waits for it.

import { statfs } from 'node:fs/promises'
import { IndexWord } from '../store/index.ts'
import type { StoreIndex } from '../store/index.ts'
import { Flag, UNIT, Word } from '../store/layout.ts'
import { Verdict } from '../store/purged-tags.ts'
import type { Ref } from '../threads/messages.ts'
import { diskBounds } from './bounds.ts'
import type { DiskBounds } from './bounds.ts'
import { Entries } from './entries.ts'
import { FRAME_HEADER_BYTES, Kind, encodeRecord, encodeRemoval, encodeTagged } from './frame.ts'
import { KnownKeys } from './known-keys.ts'
import { LogFiles } from './log-files.ts'
import type { LogFile } from './log-files.ts'
import type { Item, Written } from './queue.ts'

/** Disk that has to stay free besides the copy. */
const SPARE_BYTES = 16 * 1024 * 1024

/** Records that are to be written once more, and the file that can go then. */
interface Backlog {
  entries: Entries
  next: number
  drops: LogFile | null
}

type RecordItem = { frame: Buffer; record: Written }

export class RecordLog {
  readonly files: LogFiles
  readonly known = new KnownKeys()
  readonly bounds: DiskBounds
  readonly #index: StoreIndex
  #backlog: Backlog | null = null

  constructor(index: StoreIndex, directory: string) {
    this.#index = index
    this.bounds = diskBounds(index.segments.units * UNIT)
    this.files = new LogFiles(directory, this.bounds.file)
  }

  /** Is there room within the bound? Otherwise the oldest file has to go first. */
  get mayGrow(): boolean {
    return this.files.bytes < this.bounds.hard
  }

  /** Length of the frame of the record at `ref`. */
  frameBytes(ref: Ref): number {
    const length = (word: number): number => this.#index.segments.word(ref, word)
    const content = length(Word.keyLength) + length(Word.fieldsLength) + length(Word.bodyLength)
    return FRAME_HEADER_BYTES + content + 4 * length(Word.tags)
  }

  /** The record at `ref`, copied. */
  record(ref: Ref): RecordItem {
    const { segments } = this.#index
    const [hash, serial] = [segments.word(ref, Word.hash), segments.word(ref, Word.serial)]
    this.known.add(hash)
    const flags = this.#index.purgedTags.flags(ref)
    return {
      frame: encodeRecord(segments, ref, flags, this.files.marker, this.#counter),
      record: { ref, serial, hash },
    }
  }

  /** Word that what stood under the key is gone; undefined when nothing can be on disk under it. */
  removal(key: Uint8Array, hash: number): Item | undefined {
    if (!this.known.has(hash)) return undefined
    return { frame: encodeRemoval(Kind.removed, key, this.files.marker, this.#counter), record: null }
  }

  /** Word that the records with this prefix, up to this serial, are gone, or purged softly. */
  purge(prefix: Uint8Array, serial: number, isSoft: boolean): Item {
    const flags = isSoft ? Flag.purged : 0
    return { frame: encodeRemoval(Kind.purged, prefix, this.files.marker, this.#counter, serial, flags), record: null }
  }

  /** Word that what was stored so far with a tag of one of these hashes is gone, or purged softly. */
  tagged(hashes: readonly number[], isSoft: boolean): Item {
    return { frame: encodeTagged(hashes, isSoft ? Flag.purged : 0, this.files.marker, this.#counter), record: null }
  }

  async append(frames: readonly Buffer[], records: readonly Written[]): Promise<void> {
    const { entries } = await this.files.append(frames)
    for (const { ref, serial, hash } of records) entries.add(ref, serial, hash)
  }

  /** Writes a batch of what has to be written once more. `idle` when there is nothing, `whole` when a new copy is complete. */
  async tidy(): Promise<'idle' | 'busy' | 'whole'> {
    const backlog = (this.#backlog ??= this.#nextToDrop())
    if (backlog === null) return 'idle'
    const { frames, records } = this.#stillCurrent(backlog)
    if (frames.length > 0) await this.append(frames, records)
    if (backlog.next < backlog.entries.count) return 'busy'
    this.#backlog = null
    if (backlog.drops === null) return 'whole'
    this.known.drop(backlog.entries)
    await this.files.dropOldest()
    return 'busy'
  }

  /** Removes all files; what is in the store from now on is to be written by `tidy`. Rejects when there is no room for it. */
  async beginAnew(): Promise<void> {
    await this.removeAll()
    const { bavail, bsize } = await statfs(this.files.directory)
    // To the end in one go: whatever is stored from now on is told.
    const { segments } = this.#index
    const entries = new Entries()
    let needed = SPARE_BYTES
    for (const ref of this.#index.refs()) {
      entries.add(ref, segments.word(ref, Word.serial), segments.word(ref, Word.hash))
      needed += segments.word(ref, Word.units) * UNIT
    }
    const free = bavail * bsize
    if (free < needed) throw new Error(`${inMebibytes(free)} are free where ${inMebibytes(needed)} are needed`)
    this.#backlog = { entries, next: 0, drops: null }
  }

  /** Rejects when a file could not be removed. */
  async removeAll(): Promise<void> {
    this.#backlog = null
    this.known.clear()
    await this.files.removeAll()
  }

  get #counter(): number {
    return this.#index.words[IndexWord.serial]!
  }

  #nextToDrop(): Backlog | null {
    const { files, bytes } = this.files
    if (bytes < this.bounds.soft || files.length < 2) return null
    return { entries: files[0]!.entries, next: 0, drops: files[0]! }
  }

  #stillCurrent(backlog: Backlog): { frames: Buffer[]; records: Written[] } {
    const { entries } = backlog
    const frames: Buffer[] = []
    const records: Written[] = []
    for (let bytes = 0; backlog.next < entries.count && bytes < this.bounds.batch; backlog.next++) {
      const ref = entries.ref(backlog.next)
      if (!this.#isCurrent(ref, entries.serial(backlog.next))) continue
      const { frame, record } = this.record(ref)
      frames.push(frame)
      records.push(record)
      bytes += frame.length
    }
    return { frames, records }
  }

  /** Is this record in the store still? Something else may lie in its place by now. */
  #isCurrent(ref: Ref, serial: number): boolean {
    const { segments } = this.#index
    if (ref === 0 || segments.word(ref, Word.serial) !== (serial | 0)) return false
    return this.#index.slotOf(segments.word(ref, Word.hash), ref) >= 0 && !this.#isPurged(ref)
  }

  /** It stays in the index until somebody needs its place. */
  #isPurged(ref: Ref): boolean {
    return this.#index.purgedTags.verdict(ref) === Verdict.hard
  }
}

const inMebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`
