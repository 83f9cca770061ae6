// Reads the log back into the store, before visitors come. From its end to its beginning: so the first frame met of a key is
// its last, what was taken out is known before what it concerns is met, nothing is loaded twice, and when the store is full
// or the time is over the newest responses are there.
//
// Records keep their serials, since those of variants' names stand in the keys of their variants (see store/keys.ts); core
// counts on from the highest.

import { fillRecord, recordBytes } from '../store/fill.ts'
import type { RecordContent } from '../store/fill.ts'
import type { StoreIndex } from '../store/index.ts'
import { hashKey } from '../store/keys.ts'
import { Flag, Word } from '../store/layout.ts'
import { decodeOnDisk } from '../store/on-disk.ts'
import { Verdict } from '../store/purged-tags.ts'
import type { Ref } from '../threads/messages.ts'
import type { Entries } from './entries.ts'
import { FILE_HEADER_BYTES, Kind, decodeFrame } from './frame.ts'
import type { Frame } from './frame.ts'
import { KeySet } from './key-set.ts'
import type { KnownKeys } from './known-keys.ts'
import type { LogFile, LogFiles } from './log-files.ts'
import { scan } from './scan.ts'
import { TaggedLater } from './tagged-later.ts'

/** Records for which places are asked at once: two messages each way cost about 40 µs, so a few hundred share them. */
const CHUNK = 256
/** After so many chunks in a row for which there was no place at all the store is full. */
const FULL_AFTER = 3

export interface LoadParts {
  files: LogFiles
  index: StoreIndex
  known: KnownKeys
  /** Lengths by name of the files with large bodies. */
  large: ReadonlyMap<string, number>
  /** Core's side of it. */
  core: {
    serial(serial: number): void
    place(bytes: number[]): Promise<Ref[]>
    restore(refs: Ref[]): Promise<void>
  }
  /** Wall clock, milliseconds. */
  now: number
  /** The time for loading is over. */
  isOver: () => boolean
  /** Called after each file. */
  progress: (loaded: Loaded) => void
}

export interface Loaded {
  files: number
  restored: number
  /** Records that could never be used again. */
  expired: number
  /** Damaged stretches that were passed over. */
  damaged: number
  /** Why older files were given up, or null when all were read. */
  gaveUp: 'time' | 'store-full' | 'unreadable' | null
}

/** Loads what the log holds. What is given up is removed, so that it does not come back later. */
export async function load(parts: LoadParts): Promise<Loaded> {
  await parts.files.find()
  return new Loading(parts).run()
}

interface Purge {
  prefix: Buffer
  /** Of the last record that it was about. */
  serial: number
  isSoft: boolean
}

class Loading {
  readonly #parts: LoadParts
  readonly #met = new KeySet()
  readonly #purges: Purge[] = []
  readonly #tagged = new TaggedLater()
  readonly #loaded: Loaded = { files: 0, restored: 0, expired: 0, damaged: 0, gaveUp: null }
  #knowsSerial = false
  #fullChunks = 0

  constructor(parts: LoadParts) {
    this.#parts = parts
  }

  async run(): Promise<Loaded> {
    const { files, progress, isOver } = this.#parts
    const newestFirst = files.files.toReversed()
    for (const file of newestFirst) {
      if (isOver()) this.#loaded.gaveUp ??= 'time'
      const isRead = this.#loaded.gaveUp === null && (await this.#file(file, file === newestFirst[0]))
      if (!isRead) {
        await files.dropUpTo(file)
        break
      }
      this.#loaded.files++
      progress(this.#loaded)
    }
    return this.#loaded
  }

  /** False when it, and with it all before, cannot be used. */
  async #file(file: LogFile, isNewest: boolean): Promise<boolean> {
    const { files } = this.#parts
    // What the disk does not give back counts as damaged from its first byte.
    const bytes = await files.read(file).catch(() => Buffer.alloc(FILE_HEADER_BYTES))
    // The process ended between making the file and writing into it.
    if (isNewest && bytes.length < FILE_HEADER_BYTES) {
      await files.dropNewest()
      return true
    }
    const found = scan(bytes)
    if (found === undefined) {
      this.#loaded.gaveUp = 'unreadable'
      return false
    }
    if (isNewest && found.end < files.fileBytes) await files.resume(found.marker, found.end)
    this.#loaded.damaged += found.damaged
    let chunk: Frame[] = []
    for (const at of found.offsets.toReversed()) {
      const frame = decodeFrame(bytes, at)
      if (!this.#isWanted(frame, file.entries)) continue
      if (chunk.push(frame) < CHUNK) continue
      await this.#restore(chunk, file.entries)
      chunk = []
    }
    await this.#restore(chunk, file.entries)
    return true
  }

  #isWanted(frame: Frame, entries: Entries): boolean {
    const { core } = this.#parts
    // The last frame written knows of every placement before it.
    if (!this.#knowsSerial) core.serial(frame.counter)
    this.#knowsSerial = true
    if (frame.kind === Kind.purged) {
      const isSoft = (frame.flags & Flag.purged) !== 0
      this.#purges.push({ prefix: Buffer.from(frame.key), serial: frame.serial, isSoft })
      return false
    }
    if (frame.kind === Kind.tagged) {
      this.#tagged.note(frame.tags, (frame.flags & Flag.purged) !== 0)
      return false
    }
    const isNew = this.#met.add(frame.key)
    if (frame.kind !== Kind.record) return false
    const isUsable = isNew && this.#outlivesPurges(frame) && this.#isUsable(frame) && this.#hasBody(frame)
    if (!isUsable || this.#loaded.gaveUp !== null) this.#note(frame, entries, 0)
    return isUsable && this.#loaded.gaveUp === null
  }

  /** False for what was purged; what was purged softly is marked so. */
  #outlivesPurges(frame: Frame): boolean {
    const { key, serial } = frame
    const verdict = this.#tagged.verdict(frame.tags)
    if (verdict === Verdict.hard) return false
    if (verdict === Verdict.soft) frame.flags |= Flag.purged
    for (const purge of this.#purges) {
      if (((serial - purge.serial) | 0) > 0 || !purge.prefix.equals(key.subarray(0, purge.prefix.length))) continue
      if (!purge.isSoft) return false
      frame.flags |= Flag.purged
    }
    return true
  }

  /** Can it be used ever again: fresh, stale within what is allowed, or after a validation? */
  #isUsable({ flags, freshUntil, revalidateUntil, errorUntil }: Frame): boolean {
    const until = Math.max(freshUntil, revalidateUntil, errorUntil)
    const isUsable = this.#parts.now < until || (flags & Flag.validator) !== 0
    if (!isUsable) this.#loaded.expired++
    return isUsable
  }

  /** A large body lies in a file, which may be gone or torn; what is wrong within it is found when it is read. */
  #hasBody({ flags, body }: Frame): boolean {
    if ((flags & Flag.onDisk) === 0) return true
    const { name, length } = decodeOnDisk(body)
    const isThere = this.#parts.large.get(name) === length
    if (!isThere) this.#loaded.damaged++
    return isThere
  }

  async #restore(frames: Frame[], entries: Entries): Promise<void> {
    const { core, index, isOver } = this.#parts
    if (frames.length === 0) return
    const contents = frames.map(contentOf)
    const refs = this.#loaded.gaveUp === null ? await core.place(contents.map(recordBytes)) : frames.map(() => 0)
    const placed: Ref[] = []
    frames.forEach((frame, i) => {
      const ref = refs[i] ?? 0
      this.#note(frame, entries, ref)
      if (ref === 0) return
      fillRecord(index.segments, ref, contents[i]!)
      index.segments.setWord(ref, Word.serial, frame.serial | 0)
      placed.push(ref)
    })
    if (placed.length > 0) await core.restore(placed)
    this.#loaded.restored += placed.length
    this.#fullChunks = placed.length === 0 ? this.#fullChunks + 1 : 0
    if (isOver()) this.#loaded.gaveUp ??= 'time'
    else if (this.#fullChunks >= FULL_AFTER) this.#loaded.gaveUp ??= 'store-full'
  }

  #note({ key, serial }: Frame, entries: Entries, ref: Ref): void {
    const hash = hashKey(this.#parts.index.seed, key)
    this.#parts.known.add(hash)
    entries.add(ref, serial, hash)
  }
}

const contentOf = (frame: Frame): RecordContent => ({
  ...frame,
  body: [frame.body],
  bodyLength: frame.body.length,
})
