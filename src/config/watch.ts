// Loads the config anew when one of its files changes or when it is told to. Editors write a new file and rename it, and
// mounted secrets are links that are swapped, so folders are watched rather than files, and what counts is whether a file's
// identity, time or size is another one. A slow look at the clock backs this up where the system tells nothing.

import { statSync, watch } from 'node:fs'
import type { FSWatcher } from 'node:fs'
import { dirname } from 'node:path'
import type { Loaded } from './load.ts'

/** Why a config was loaded. */
export type ReloadReason = 'file' | 'signal' | 'api'

export interface WatchOptions {
  /** Loads the config; never rejects. */
  readonly load: () => Promise<Loaded>
  /** What the config in force was loaded from. */
  readonly files: readonly string[]
  /** Hears every result, good or bad. A bad one leaves the old config in force; saying so is the caller's part. */
  readonly onLoaded: (loaded: Loaded, why: ReloadReason) => void
  /** How long files must be still before they are read, in milliseconds. */
  readonly settle?: number
  /** How often files are looked at in any case, in milliseconds. */
  readonly every?: number
}

/** 100 ms: editors write, rename and set permissions within a few. */
const SETTLE = 100
/** 5 s: a handful of stat calls, about 10 µs each. */
const EVERY = 5000

export class ConfigWatcher {
  readonly #options: WatchOptions
  readonly #folders = new Map<string, FSWatcher>()
  readonly #poll: NodeJS.Timeout
  #files: readonly string[] = []
  #signature = ''
  #settling: NodeJS.Timeout | undefined
  /** The load under way; another one starts after it, never beside it. */
  #loading: Promise<unknown> = Promise.resolve()
  #closed = false

  constructor(options: WatchOptions) {
    this.#options = options
    this.#follow(options.files)
    this.#signature = signature(this.#files)
    this.#poll = setInterval(() => this.#look(), options.every ?? EVERY)
    this.#poll.unref()
  }

  /** Loads now, whether a file has changed or not; for SIGHUP and the API. The result goes to `onLoaded` as well. */
  reload(why: ReloadReason): Promise<Loaded> {
    const loading = this.#loading.then(() => this.#load(why))
    this.#loading = loading
    return loading
  }

  /** Ends the watch. A load under way is still finished, but not told. */
  close(): void {
    this.#closed = true
    clearInterval(this.#poll)
    clearTimeout(this.#settling)
    for (const watcher of this.#folders.values()) watcher.close()
    this.#folders.clear()
  }

  async #load(why: ReloadReason): Promise<Loaded> {
    // The signature is taken before the files are read, so that a change in between is seen as one.
    const before = signature(this.#files)
    const loaded = await this.#options.load()
    if (this.#closed) return loaded
    const known = this.#files
    this.#follow(loaded.ok ? loaded.files : [...new Set([...known, ...loaded.files])])
    this.#signature = same(known, this.#files) ? before : signature(this.#files)
    this.#options.onLoaded(loaded, why)
    return loaded
  }

  /** Called at every hint that something may have changed. */
  #look(): void {
    if (this.#settling !== undefined || signature(this.#files) === this.#signature) return
    this.#wait(signature(this.#files))
  }

  /** Waits until the files have been still for a while, then loads. */
  #wait(seen: string): void {
    this.#settling = setTimeout(() => {
      this.#settling = undefined
      const now = signature(this.#files)
      if (now !== seen) this.#wait(now)
      else if (now !== this.#signature) void this.reload('file')
    }, this.#options.settle ?? SETTLE)
    this.#settling.unref()
  }

  #follow(files: readonly string[]): void {
    this.#files = files
    const wanted = new Set(files.map(file => dirname(file)))
    for (const [folder, watcher] of this.#folders) {
      if (wanted.has(folder)) continue
      watcher.close()
      this.#folders.delete(folder)
    }
    for (const folder of wanted) if (!this.#folders.has(folder)) this.#watchFolder(folder)
  }

  /** Where a folder cannot be watched (out of inotify watches, a network file system), the poll sees to it alone. */
  #watchFolder(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, () => this.#look())
      watcher.on('error', () => this.#drop(folder))
      this.#folders.set(folder, watcher)
    } catch {
      this.#folders.delete(folder)
    }
  }

  #drop(folder: string): void {
    this.#folders.get(folder)?.close()
    this.#folders.delete(folder)
  }
}

/** What tells one state of the files from another. Links are followed; a file that is gone counts as such. */
function signature(files: readonly string[]): string {
  return files.map(file => stateOf(file)).join('\n')
}

function stateOf(file: string): string {
  try {
    const { ino, size, mtimeMs, ctimeMs } = statSync(file)
    return `${ino} ${size} ${mtimeMs} ${ctimeMs}`
  } catch {
    return 'gone'
  }
}

const same = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((file, i) => file === b[i])
