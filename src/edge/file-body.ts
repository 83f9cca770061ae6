// A large form's body, read from its file at the origin's pace.

import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { BLOCK, BLOCK_MORE } from '../base/seal.ts'
import type { Seal } from '../base/seal.ts'
import { isSealed } from '../base/sealing.ts'
import type { Body, Sink } from '../exchange.ts'

/** Bytes of an encrypted block as it lies on disk. */
const ON_DISK = BLOCK + BLOCK_MORE

export class FileBody implements Body {
  readonly length: number
  readonly #handle: FileHandle
  readonly #size: number
  readonly #name: string
  /** Null for a file that is not encrypted. */
  readonly #seal: Seal | null
  #sink: Sink | null = null
  #at = 0
  #isReading = false
  #isPaused = false
  #isClosed = false

  /** Undefined where the file cannot be read. */
  static async open(folder: string, name: string, seal: Seal): Promise<FileBody | undefined> {
    try {
      const handle = await open(join(folder, name), 'r')
      const { buffer } = await handle.read(Buffer.alloc(8), 0, 8, 0)
      return new FileBody(handle, (await handle.stat()).size, name, isSealed(buffer) ? seal : null)
    } catch {
      return undefined
    }
  }

  private constructor(handle: FileHandle, size: number, name: string, seal: Seal | null) {
    this.#handle = handle
    this.#size = size
    this.#name = name
    this.#seal = seal
    this.length = seal !== null ? size - Math.ceil(size / ON_DISK) * BLOCK_MORE : size
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
    if (this.#at === this.#size) {
      this.#end()?.end([])
      return
    }
    const buffer = Buffer.allocUnsafe(Math.min(this.#seal !== null ? ON_DISK : BLOCK, this.#size - this.#at))
    const { bytesRead } = await this.#handle.read(buffer, 0, buffer.length, this.#at)
    if (bytesRead < buffer.length) throw new Error('the file is shorter than it was')
    const block = this.#at / ON_DISK
    this.#at += bytesRead
    this.#sink?.data(this.#seal !== null ? this.#seal.open(buffer, `${this.#name} ${block}`) : buffer)
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
