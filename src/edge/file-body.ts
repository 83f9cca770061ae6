// A large form's body, read from its file at the origin's pace.

import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import type { Body, Sink } from '../exchange.ts'

/** Bytes read at once. */
const READ = 64 * 1024

export class FileBody implements Body {
  readonly length: number
  readonly #handle: FileHandle
  #sink: Sink | null = null
  #at = 0
  #isReading = false
  #isPaused = false
  #isClosed = false

  /** Undefined where the file cannot be read. */
  static async open(path: string): Promise<FileBody | undefined> {
    try {
      const handle = await open(path, 'r')
      return new FileBody(handle, (await handle.stat()).size)
    } catch {
      return undefined
    }
  }

  private constructor(handle: FileHandle, length: number) {
    this.#handle = handle
    this.length = length
  }

  pipe(sink: Sink): void {
    this.#sink = sink
    void this.#pump()
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    void this.#pump()
  }

  cancel(): void {
    this.#sink = null
    this.#close()
  }

  async #pump(): Promise<void> {
    if (this.#isReading) return
    this.#isReading = true
    while (this.#sink !== null && !this.#isPaused) {
      try {
        await this.#step()
      } catch (error) {
        this.#end()?.fail(error as Error)
      }
    }
    this.#isReading = false
    if (this.#sink === null) this.#close()
  }

  async #step(): Promise<void> {
    if (this.#at === this.length) {
      this.#end()?.end([])
      return
    }
    const buffer = Buffer.allocUnsafe(Math.min(READ, this.length - this.#at))
    const { bytesRead } = await this.#handle.read(buffer, 0, buffer.length, this.#at)
    if (bytesRead === 0) throw new Error('the file is shorter than it was')
    this.#at += bytesRead
    this.#sink?.data(buffer.subarray(0, bytesRead))
  }

  #end(): Sink | null {
    const sink = this.#sink
    this.#sink = null
    return sink
  }

  #close(): void {
    if (this.#isReading || this.#isClosed) return
    this.#isClosed = true
    this.#handle.close().catch(() => undefined)
  }
}
