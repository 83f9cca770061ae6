// The copy of the stored responses on disk. Core tells what was stored and what is gone; it is written behind one another by
// one worker that alone waits for the disk. The disk is a copy: a record that it cannot take costs a miss after a
// restart. But what was invalidated must not come back, so that word of it is never left out: if it cannot be written, the
// whole copy is removed, and made anew from memory when the disk works again. So it is, too, after core or this thread
// has died, because then word may have been lost.
//
// Nothing is synced to disk for responses: killing the process loses no write(2), and after a crash of the machine a torn
// end is cut off. What says that something is gone is synced within a second, or at once where somebody waits for it.

import { statfs } from 'node:fs/promises'
import type { Clock } from '../base/clock.ts'
import type { StoreIndex } from '../store/index.ts'
import { IndexWord } from '../store/index.ts'
import { hashKey } from '../store/keys.ts'
import { UNIT, Word } from '../store/layout.ts'
import type { Log } from '../threads/log.ts'
import type { AskId, CopyState, Ref } from '../threads/messages.ts'
import type { CoreLink } from './core-link.ts'
import { Entries } from './entries.ts'
import { FRAME_HEADER_BYTES, Kind, encodeRecord, encodeRemoval } from './frame.ts'
import { KnownKeys } from './known-keys.ts'
import { load } from './load.ts'
import type { Loaded } from './load.ts'
import { LogFiles } from './log-files.ts'
import type { LogFile } from './log-files.ts'
import { Queue } from './queue.ts'
import type { Written } from './queue.ts'
import { diskBounds } from './bounds.ts'
import type { DiskBounds } from './bounds.ts'

/** Bytes that may wait for the disk: a third of a second at 100 MB/s. */
const QUEUE_BYTES = 32 * 1024 * 1024
/** Milliseconds until word of what is gone is synced, unless somebody waits for it. */
const SYNC_WITHIN = 1000
/** Milliseconds until a disk that failed is tried again, doubled each time up to the longest. */
const FIRST_RETRY = 10_000
const LONGEST_RETRY = 300_000
/** Disk that has to stay free besides the copy. */
const SPARE_BYTES = 16 * 1024 * 1024
/** Milliseconds between two entries in the log about loading. */
const PROGRESS_EVERY = 2000

export interface StoreCopyParts {
  index: StoreIndex
  /** The folder of the log. */
  directory: string
  core: CoreLink
  clock: Clock
  log: Log
  /** Milliseconds that loading may take. */
  loadWithin: number
  /** Instead of FIRST_RETRY, for tests. */
  firstRetry?: number
}

/** Records that are to be written once more, and the file that can go then. */
interface Backlog {
  entries: Entries
  next: number
  drops: LogFile | null
}

/** `resetting`: the copy is being removed, to be made anew. `stopping`: it is being removed because the disk failed. */
type Phase = 'idle' | 'loading' | 'resetting' | 'copying' | 'stopping' | 'off'

export class StoreCopy {
  /** Resolves when the store has been loaded, or will not be. */
  readonly opened: Promise<void>
  readonly #open = Promise.withResolvers<void>()
  readonly #parts: StoreCopyParts
  readonly #bounds: DiskBounds
  readonly #files: LogFiles
  readonly #known = new KnownKeys()
  readonly #queue = new Queue(QUEUE_BYTES)
  #phase: Phase = 'idle'
  #isWorking = false
  #isClosing = false
  #backlog: Backlog | null = null
  /** Something was said while the store was being loaded. */
  #missed = false
  /** Since when word of what is gone waits to be synced (monotonic), or null. */
  #unsynced: number | null = null
  #failure: Error | null = null
  #waiting: (() => void)[] = []
  #retry: number
  #timer: NodeJS.Timeout | undefined
  #restored = 0
  #leftOut = 0

  constructor(parts: StoreCopyParts) {
    this.#parts = parts
    this.#bounds = diskBounds(parts.index.segments.units * UNIT)
    this.#files = new LogFiles(parts.directory, this.#bounds.file)
    this.#retry = parts.firstRetry ?? FIRST_RETRY
    this.opened = this.#open.promise
  }

  get state(): CopyState {
    const state = this.#phase === 'copying' ? 'copying' : this.#phase === 'loading' ? 'loading' : 'off'
    const why = this.#failure?.message ?? (this.#phase === 'resetting' ? 'the copy is being made anew' : null)
    const { files, bytes } = this.#files
    return { state, why, files: files.length, bytes, restored: this.#restored, leftOut: this.#leftOut }
  }

  /** Core is there: either the store is new and to be loaded, or the copy is made anew from it. */
  begin(isNew: boolean): void {
    clearTimeout(this.#timer)
    const isLoading = this.#phase === 'loading'
    this.#missed = isLoading
    if (!isLoading) this.#enter(isNew ? 'loading' : 'resetting')
  }

  /** Copies the record at `ref`. */
  stored(ref: Ref, serial: number): void {
    this.#missed ||= this.#phase === 'loading'
    if (this.#phase !== 'copying') return
    const { segments } = this.#parts.index
    if (segments.word(ref, Word.serial) !== (serial | 0)) this.#leftOut++
    else if (this.#queue.hasRoom(this.#frameBytes(ref))) this.#queue.add(this.#copied(ref))
    else {
      // Not even an older one may be found under its key then.
      this.#leftOut++
      this.#remove(segments.key(ref), segments.word(ref, Word.hash))
    }
    this.#wake()
  }

  /** What was stored under this key is gone. */
  removed(key: Uint8Array): void {
    this.#missed ||= this.#phase === 'loading'
    if (this.#phase !== 'copying') return
    this.#remove(key, hashKey(this.#parts.index.seed, key))
    this.#wake()
  }

  /** So are all records up to this serial whose key begins with `prefix`. */
  purged(prefix: Uint8Array, serial: number): void {
    this.#missed ||= this.#phase === 'loading'
    if (this.#phase !== 'copying') return
    this.#queue.add({
      frame: encodeRemoval(Kind.purged, prefix, this.#files.marker, this.#counter, serial),
      record: null,
    })
    this.#wake()
  }

  /** Answers when all that was said before is on disk, or the copy is removed. */
  settle(id: AskId, durable: boolean): void {
    const done = (): void => this.#parts.core.settled(id)
    const isIdle = this.#queue.isEmpty && !this.#isWorking && (!durable || this.#unsynced === null)
    if (isIdle || this.#phase === 'idle' || this.#phase === 'off' || this.#phase === 'loading') return done()
    this.#queue.add({ done, durable })
    this.#wake()
  }

  /** Writes what waits, and ends. */
  async close(): Promise<void> {
    this.#isClosing = true
    while (this.#isWorking || (this.#phase === 'copying' && !this.#queue.isEmpty)) {
      this.#wake()
      await new Promise(resolve => setTimeout(resolve, 1))
    }
    clearTimeout(this.#timer)
    await this.#files.close().catch(() => undefined)
  }

  get #counter(): number {
    return this.#parts.index.words[IndexWord.serial]!
  }

  #enter(phase: Phase): void {
    this.#phase = phase
    this.#wake()
  }

  #frameBytes(ref: Ref): number {
    const { segments } = this.#parts.index
    const length = (word: number): number => segments.word(ref, word)
    return FRAME_HEADER_BYTES + length(Word.keyLength) + length(Word.fieldsLength) + length(Word.bodyLength)
  }

  #copied(ref: Ref): { frame: Buffer; record: Written } {
    const { segments } = this.#parts.index
    const [hash, serial] = [segments.word(ref, Word.hash), segments.word(ref, Word.serial)]
    this.#known.add(hash)
    return { frame: encodeRecord(segments, ref, this.#files.marker, this.#counter), record: { ref, serial, hash } }
  }

  #remove(key: Uint8Array, hash: number): void {
    if (!this.#known.has(hash)) return
    this.#queue.add({ frame: encodeRemoval(Kind.removed, key, this.#files.marker, this.#counter), record: null })
    if (!this.#queue.isOverrun) return
    // The worker hangs in the disk. When it comes back, the copy goes.
    this.#failure = new Error('the disk does not keep up')
    this.#phase = 'stopping'
    for (const done of this.#queue.clear()) done()
  }

  #wake(): void {
    if (this.#isWorking) return
    this.#isWorking = true
    void this.#work()
  }

  async #work(): Promise<void> {
    try {
      while (await this.#step());
    } catch (error) {
      await this.#stop(error instanceof Error ? error : new Error(String(error)))
    }
    this.#isWorking = false
    if (this.#unsynced !== null && this.#phase === 'copying') this.#wakeAfter(SYNC_WITHIN)
  }

  /** One piece of work; false when there is none. */
  async #step(): Promise<boolean> {
    if (this.#phase === 'stopping') throw this.#failure!
    if (this.#phase === 'loading') return this.#load()
    if (this.#phase === 'resetting') return this.#reset()
    if (this.#phase !== 'copying') return false
    const mayGrow = this.#files.bytes < this.#bounds.hard
    const writes = mayGrow && !this.#queue.isEmpty
    if (writes) await this.#write()
    if (!this.#isClosing) this.#backlog ??= this.#nextToDrop()
    const copies = this.#backlog !== null
    if (this.#backlog !== null) await this.#copyOn(this.#backlog)
    const isDue = this.#unsynced !== null && this.#parts.clock.monotonic() - this.#unsynced >= SYNC_WITHIN
    if (isDue) await this.#sync()
    return writes || copies || isDue
  }

  async #write(): Promise<void> {
    const batch = this.#queue.take(this.#bounds.batch)
    this.#waiting = batch.done
    if (batch.frames.length > 0) await this.#append(batch.frames, batch.records)
    if (batch.removals) this.#unsynced ??= this.#parts.clock.monotonic()
    if (batch.durable && this.#unsynced !== null) await this.#sync()
    for (const done of this.#waiting.splice(0)) done()
  }

  async #append(frames: Buffer[], records: Written[]): Promise<void> {
    const { entries } = await this.#files.append(frames)
    for (const { ref, serial, hash } of records) entries.add(ref, serial, hash)
  }

  async #sync(): Promise<void> {
    this.#unsynced = null
    await this.#files.sync()
  }

  #nextToDrop(): Backlog | null {
    const { files, bytes } = this.#files
    if (bytes < this.#bounds.soft || files.length < 2) return null
    return { entries: files[0]!.entries, next: 0, drops: files[0]! }
  }

  /** Writes some of the backlog's records that are still in the store once more; then its file goes. */
  async #copyOn(backlog: Backlog): Promise<void> {
    const { entries } = backlog
    const frames: Buffer[] = []
    const records: Written[] = []
    for (let bytes = 0; backlog.next < entries.count && bytes < this.#bounds.batch; backlog.next++) {
      const ref = entries.ref(backlog.next)
      if (!this.#isCurrent(ref, entries.serial(backlog.next))) continue
      const { frame, record } = this.#copied(ref)
      frames.push(frame)
      records.push(record)
      bytes += frame.length
    }
    if (frames.length > 0) await this.#append(frames, records)
    if (backlog.next < entries.count) return
    this.#backlog = null
    if (backlog.drops === null) return this.#whole()
    this.#known.drop(entries)
    await this.#files.dropOldest()
  }

  /** The copy made anew is whole: the disk works. */
  #whole(): void {
    this.#retry = this.#parts.firstRetry ?? FIRST_RETRY
  }

  #isCurrent(ref: Ref, serial: number): boolean {
    const { index } = this.#parts
    const { segments } = index
    if (ref === 0 || segments.word(ref, Word.serial) !== (serial | 0)) return false
    return index.slotOf(segments.word(ref, Word.hash), ref) >= 0
  }

  async #load(): Promise<boolean> {
    const { index, core, clock, log, loadWithin } = this.#parts
    const begun = clock.monotonic()
    let told = begun
    const progress = (loaded: Loaded): void => {
      this.#restored = loaded.restored
      if (clock.monotonic() - told < PROGRESS_EVERY) return
      told = clock.monotonic()
      log('info', 'store-loading', { read: loaded.files, of: this.#files.files.length, records: loaded.restored })
    }
    const isOver = (): boolean => clock.monotonic() - begun > loadWithin
    try {
      const known = this.#known
      const loaded = await load({ files: this.#files, index, known, core, now: clock.now(), isOver, progress })
      const ms = Math.round(clock.monotonic() - begun)
      if (loaded.files > 0) log(loaded.gaveUp === null ? 'info' : 'warn', 'store-loaded', { ...loaded, ms })
      this.#phase = this.#missed ? 'resetting' : 'copying'
    } finally {
      this.#open.resolve()
    }
    return true
  }

  /** Removes the copy and begins one from what is in the store now. */
  async #reset(): Promise<boolean> {
    this.#backlog = null
    this.#unsynced = null
    this.#waiting = this.#queue.clear()
    await this.#files.removeAll()
    for (const done of this.#waiting.splice(0)) done()
    this.#known.clear()
    const { index, directory } = this.#parts
    const { bavail, bsize } = await statfs(directory)
    // From here to the end in one go: whatever is stored from now on is told.
    const entries = new Entries()
    let bytes = 0
    for (const ref of index.refs()) {
      entries.add(ref, index.segments.word(ref, Word.serial), 0)
      bytes += index.segments.word(ref, Word.units) * UNIT
    }
    const needed = bytes + SPARE_BYTES
    if (bavail * bsize < needed)
      throw new Error(`${inMebibytes(bavail * bsize)} are free where ${inMebibytes(needed)} are needed`)
    this.#backlog = { entries, next: 0, drops: null }
    this.#phase = 'copying'
    if (this.#failure !== null) this.#parts.log('info', 'store-copy-resumed', { directory })
    this.#failure = null
    this.#open.resolve()
    return true
  }

  /** The disk failed: serving goes on without a copy. */
  async #stop(error: Error): Promise<void> {
    const { log, directory } = this.#parts
    // Said once for each way to fail, not at each attempt.
    if (this.#failure?.message !== error.message || this.#phase === 'stopping')
      log('error', 'store-copy-stopped', {
        error,
        directory,
        remedy: 'stored responses are lost at a restart until it works again',
      })
    this.#failure = error
    this.#phase = 'stopping'
    await this.#abandon()
    this.#known.clear()
    this.#backlog = null
    this.#unsynced = null
    this.#phase = 'off'
    for (const done of [...this.#waiting.splice(0), ...this.#queue.clear()]) done()
    this.#open.resolve()
    this.#timer = setTimeout(() => this.#enter('resetting'), this.#retry)
    this.#retry = Math.min(this.#retry * 2, LONGEST_RETRY)
  }

  async #abandon(): Promise<void> {
    const { log, directory } = this.#parts
    try {
      await this.#files.removeAll()
    } catch (error) {
      const remedy = `remove ${directory} before the next start, or responses invalidated meanwhile may come back`
      log('error', 'store-copy-not-removed', { error, remedy })
    }
  }

  #wakeAfter(ms: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#wake(), ms)
  }
}

const inMebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`
