// The files with large bodies of stored responses (store/on-disk.ts), as the journal keeps them: it removes those that core says
// nothing stands for, and now and then those that nobody told of, because a thread or the process died in between.

import { readdir, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { StoreIndex } from '../store/index.ts'
import { fileOf } from '../store/on-disk.ts'

/** Milliseconds between two looks. A file has to be nobody's in two of them: one that is being written is nobody's yet. */
const LOOK_EVERY = 600_000

export class LargeFiles {
  readonly #directory: string
  readonly #index: StoreIndex
  /** Nobody's at the last look. */
  #suspects = new Set<string>()
  #timer: NodeJS.Timeout | undefined

  constructor(directory: string, index: StoreIndex) {
    this.#directory = directory
    this.#index = index
  }

  /** Lengths by name of all that are there. */
  async lengths(): Promise<Map<string, number>> {
    const names = await this.#names()
    const found = await Promise.all(names.map(async name => [name, await this.#length(name)] as const))
    return new Map(found)
  }

  /** Removes what no record stands for, before any edge can write. */
  async clear(): Promise<void> {
    for (const name of await this.#nobodys()) await this.remove(name)
  }

  /** Does the same from time to time. */
  watch(): void {
    this.#timer = setInterval(() => void this.look(), LOOK_EVERY)
    this.#timer.unref()
  }

  /** Removes what was nobody's last time and is nobody's now. */
  async look(): Promise<void> {
    const suspects = await this.#nobodys()
    for (const name of suspects) if (this.#suspects.has(name)) await this.remove(name)
    this.#suspects = new Set(suspects)
  }

  /** What is not there is removed. */
  async remove(name: string): Promise<void> {
    await unlink(join(this.#directory, name)).catch(() => {})
  }

  close(): void {
    clearInterval(this.#timer)
  }

  async #nobodys(): Promise<string[]> {
    const names = await this.#names()
    if (names.length === 0) return names
    const { segments } = this.#index
    const known = new Set([...this.#index.refs()].map(ref => fileOf(segments, ref)?.name))
    return names.filter(name => !known.has(name))
  }

  async #names(): Promise<string[]> {
    const names = await readdir(this.#directory).catch(() => [])
    return names.filter(name => NAME.test(name))
  }

  async #length(name: string): Promise<number> {
    const found = await stat(join(this.#directory, name)).catch(() => undefined)
    return found?.size ?? -1
  }
}

const NAME = /^[\da-f]{16}$/
