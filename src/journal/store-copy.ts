// The copy of the stored responses on disk. Core tells what was stored and what is gone; it is written behind one another by
// one worker that alone waits for the disk. The disk is a copy: a record that it cannot take costs a miss after a
// restart. But what was invalidated must not come back, so that word of it is never left out: if it cannot be written, the
// whole copy is removed, and made anew from memory when the disk works again. So it is, too, after core or this thread
// has died, because then word may have been lost.
//
// Nothing is synced to disk for responses: killing the process loses no write(2), and after a crash of the machine a torn
// end is cut off. What says that something is gone is synced within a second, or at once where somebody waits for it.

import type { Clock } from '../base/clock.ts'
import type { StoreIndex } from '../store/index.ts'
import { hashKey } from '../store/keys.ts'
import { Word } from '../store/layout.ts'
import type { Log } from '../threads/log.ts'
import type { AskId, CopyState, Ref } from '../threads/messages.ts'
import { CoreGone } from './core-link.ts'
import type { LargeFiles } from './large-files.ts'
import type { CoreLink } from './core-link.ts'
import { load } from './load.ts'
import type { Loaded } from './load.ts'
import { Queue } from './queue.ts'
import type { Item } from './queue.ts'
import { RecordLog } from './record-log.ts'

/** Bytes that may wait for the disk: a third of a second at 100 MB/s. */
const QUEUE_BYTES = 32 * 1024 * 1024
/** Milliseconds until word of what is gone is synced, unless somebody waits for it. */
const SYNC_WITHIN = 1000
/** Milliseconds until a disk that failed is tried again, doubled each time up to the longest. */
const FIRST_RETRY = 10_000
const LONGEST_RETRY = 300_000
/** Milliseconds between two entries in the log about loading. */
const PROGRESS_EVERY = 2000

export interface StoreCopyParts {
  index: StoreIndex
  /** The folder of the log. */
  directory: string
  large: LargeFiles
  core: CoreLink
  clock: Clock
  log: Log
  /** Milliseconds that loading may take. */
  loadWithin: number
  /** Instead of FIRST_RETRY, for tests. */
  firstRetry?: number
}

/** `resetting`: the copy is being removed, to be made anew. `stopping`: it is being removed because the disk failed. */
type Phase = 'idle' | 'loading' | 'resetting' | 'copying' | 'stopping' | 'off'

export class StoreCopy {
  /** Resolves when the store has been loaded, or will not be. */
  readonly opened: Promise<void>
  readonly #open = Promise.withResolvers<void>()
  readonly #parts: StoreCopyParts
  readonly #records: RecordLog
  readonly #queue = new Queue(QUEUE_BYTES)
  #phase: Phase = 'idle'
  #isWorking = false
  #isClosing = false
  /** Something was said while the store was being loaded. */
  #missed = false
  /** Since when word of what is gone waits to be synced (monotonic), or null. */
  #unsynced: number | null = null
  #failure: Error | null = null
  /** Who waits for what is being written now. */
  #waiting: (() => void)[] = []
  #retry: number
  #timer: NodeJS.Timeout | undefined
  #restored = 0
  #leftOut = 0

  constructor(parts: StoreCopyParts) {
    this.#parts = parts
    this.#records = new RecordLog(parts.index, parts.directory)
    this.#retry = parts.firstRetry ?? FIRST_RETRY
    this.opened = this.#open.promise
  }

  get state(): CopyState {
    const state = this.#phase === 'copying' ? 'copying' : this.#phase === 'loading' ? 'loading' : 'off'
    const why = this.#failure?.message ?? (this.#phase === 'resetting' ? 'the copy is being made anew' : null)
    const { files, bytes } = this.#records.files
    return { state, why, files: files.length, bytes, restored: this.#restored, leftOut: this.#leftOut }
  }

  /** Core is there: either the store is new and to be loaded, or the copy is made anew from it. */
  begin(isNew: boolean): void {
    clearTimeout(this.#timer)
    const isLoading = this.#phase === 'loading'
    this.#missed = isLoading
    if (isLoading) return
    this.#phase = isNew ? 'loading' : 'resetting'
    this.#wake()
  }

  /** Copies the record at `ref`. */
  stored(ref: Ref, serial: number): void {
    if (!this.#hears()) return
    const { segments } = this.#parts.index
    if (segments.word(ref, Word.serial) !== (serial | 0)) this.#leftOut++
    else if (this.#queue.hasRoom(this.#records.frameBytes(ref))) this.#add(this.#records.record(ref))
    else {
      // Not even an older one may be found under its key then.
      this.#leftOut++
      this.#add(this.#records.removal(segments.key(ref), segments.word(ref, Word.hash)))
    }
  }

  /** What was stored under this key is gone. */
  removed(key: Uint8Array): void {
    if (this.#hears()) this.#add(this.#records.removal(key, hashKey(this.#parts.index.seed, key)))
  }

  /** So are all records up to this serial whose key begins with `prefix`; or they were purged softly. */
  purged(prefix: Uint8Array, serial: number, isSoft: boolean): void {
    if (this.#hears()) this.#add(this.#records.purge(prefix, serial, isSoft))
  }

  /** So is whatever was stored so far with a tag of one of these hashes. */
  tagged(hashes: readonly number[], isSoft: boolean): void {
    if (this.#hears()) this.#add(this.#records.tagged(hashes, isSoft))
  }

  /** Answers when all that was said before is on disk, or the copy is removed. */
  settle(id: AskId, durable: boolean): void {
    const done = (): void => this.#parts.core.settled(id)
    const isDone = this.#queue.isEmpty && !this.#isWorking && (!durable || this.#unsynced === null)
    if (isDone || this.#phase === 'idle' || this.#phase === 'off' || this.#phase === 'loading') done()
    else this.#add({ done, durable })
  }

  /** Writes what waits, and ends. */
  async close(): Promise<void> {
    this.#isClosing = true
    while (this.#isWorking || (this.#phase === 'copying' && !this.#queue.isEmpty)) {
      this.#wake()
      await new Promise(resolve => setTimeout(resolve, 1))
    }
    clearTimeout(this.#timer)
    await this.#records.files.close().catch(() => undefined)
  }

  /** Is what core says to be written? While the copy is made anew it is in memory, which is written whole. */
  #hears(): boolean {
    this.#missed ||= this.#phase === 'loading'
    return this.#phase === 'copying'
  }

  #add(item: Item | undefined): void {
    if (item === undefined) return
    this.#queue.add(item)
    if (this.#queue.isOverrun) {
      // The worker hangs in the disk. When it comes back, the copy goes.
      this.#failure = new Error('the disk does not keep up')
      this.#phase = 'stopping'
      for (const done of this.#queue.clear()) done()
    }
    this.#wake()
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
    if (this.#unsynced === null || this.#phase !== 'copying') return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#wake(), SYNC_WITHIN)
  }

  /** One piece of work; false when there is none. */
  async #step(): Promise<boolean> {
    if (this.#phase === 'stopping') throw this.#failure!
    if (this.#phase === 'loading') return this.#load()
    if (this.#phase === 'resetting') return this.#reset()
    if (this.#phase !== 'copying') return false
    // At the end of the process the bound is crossed by what waits, so that it is not lost.
    const writes = !this.#queue.isEmpty && (this.#records.mayGrow || this.#isClosing)
    if (writes) await this.#write()
    const tidied = await this.#records.tidy()
    // The disk took all of it, so it works.
    if (tidied === 'whole') this.#retry = this.#parts.firstRetry ?? FIRST_RETRY
    const isDue = this.#unsynced !== null && this.#parts.clock.monotonic() - this.#unsynced >= SYNC_WITHIN
    if (isDue) await this.#sync()
    return writes || tidied !== 'idle' || isDue
  }

  async #write(): Promise<void> {
    const batch = this.#queue.take(this.#records.bounds.batch)
    this.#waiting = batch.done
    if (batch.frames.length > 0) await this.#records.append(batch.frames, batch.records)
    if (batch.removals) this.#unsynced ??= this.#parts.clock.monotonic()
    if (batch.durable && this.#unsynced !== null) await this.#sync()
    for (const done of this.#waiting.splice(0)) done()
  }

  async #sync(): Promise<void> {
    this.#unsynced = null
    await this.#records.files.sync()
  }

  async #load(): Promise<boolean> {
    const { index, large, core, clock, log, loadWithin } = this.#parts
    const { files, known } = this.#records
    const begun = clock.monotonic()
    let told = begun
    const progress = (loaded: Loaded): void => {
      this.#restored = loaded.restored
      if (clock.monotonic() - told < PROGRESS_EVERY) return
      told = clock.monotonic()
      log('info', 'store-loading', { read: loaded.files, of: files.files.length, records: loaded.restored })
    }
    const isOver = (): boolean => clock.monotonic() - begun > loadWithin
    try {
      const loaded = await load({
        files,
        index,
        known,
        large: await large.lengths(),
        core,
        now: clock.now(),
        isOver,
        progress,
      })
      const ms = Math.round(clock.monotonic() - begun)
      // A full store is as it should be; time or damage cost what would have fitted.
      const level = loaded.gaveUp === 'time' || loaded.gaveUp === 'unreadable' ? 'warn' : 'info'
      if (loaded.files > 0) log(level, 'store-loaded', { ...loaded, ms })
      await large.clear()
      this.#phase = this.#missed ? 'resetting' : 'copying'
    } catch (error) {
      if (!(error instanceof CoreGone)) throw error
      // What is on disk stays: either the process ends, or a new core says how to go on.
      this.#phase = this.#missed ? 'resetting' : 'idle'
    } finally {
      this.#open.resolve()
    }
    return true
  }

  /** Removes the copy and begins one from what is in the store now. */
  async #reset(): Promise<boolean> {
    this.#unsynced = null
    this.#waiting = this.#queue.clear()
    await this.#records.beginAnew()
    this.#phase = 'copying'
    for (const done of this.#waiting.splice(0)) done()
    if (this.#failure !== null) this.#parts.log('info', 'store-copy-resumed', { directory: this.#parts.directory })
    this.#failure = null
    this.#open.resolve()
    return true
  }

  /** The disk failed: serving goes on without a copy. */
  async #stop(error: Error): Promise<void> {
    const { log, directory } = this.#parts
    // Said once for each way to fail, not at each attempt.
    if (this.#failure?.message !== error.message || this.#phase === 'stopping')
      log('error', 'store-copy-stopped', { error, directory, remedy: REMEDY })
    this.#failure = error
    this.#phase = 'stopping'
    try {
      await this.#records.removeAll()
    } catch (why) {
      const remedy = `remove ${directory} before the next start, or responses invalidated meanwhile may come back`
      log('error', 'store-copy-not-removed', { error: why, remedy })
    }
    this.#unsynced = null
    this.#phase = 'off'
    for (const done of [...this.#waiting.splice(0), ...this.#queue.clear()]) done()
    this.#open.resolve()
    this.#timer = setTimeout(() => {
      this.#phase = 'resetting'
      this.#wake()
    }, this.#retry)
    this.#retry = Math.min(this.#retry * 2, LONGEST_RETRY)
  }
}

const REMEDY = 'make room or mend the disk; until the copy is made again, a restart begins with an empty store'
