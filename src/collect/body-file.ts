// A large form on its way to disk: a file of the journal, written behind one another and synced before anybody is told.
// Until its form is in the journal nothing refers to it; what is left of one by a crash is removed at the next start.

import { randomUUID } from 'node:crypto'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { FileHandle } from 'node:fs/promises'
import { BLOCK } from '../base/seal.ts'
import type { Seal } from '../base/seal.ts'

/** Bytes that may wait for the disk before the sender is asked to hold back. */
const BEHIND = 256 * 1024

export class BodyFile {
  readonly name = randomUUID()
  readonly #path: string
  readonly #seal: Seal
  #block: Uint8Array[] = []
  #blockBytes = 0
  #blocks = 0
  #tail: Promise<FileHandle>
  #waiting = 0
  readonly #caughtUp: () => void

  /** `caughtUp` is called when the sender may go on after `isBehind`. */
  constructor(folder: string, seal: Seal, caughtUp: () => void) {
    this.#seal = seal
    this.#path = join(folder, this.name)
    this.#caughtUp = caughtUp
    this.#tail = open(this.#path, 'wx', 0o600)
    this.#tail.catch(() => undefined)
  }

  get isBehind(): boolean {
    return this.#waiting > BEHIND
  }

  append(chunk: Uint8Array): void {
    if (!this.#seal.isOn) return this.#write(chunk)
    for (let rest = chunk; rest.length > 0;) {
      const piece = rest.subarray(0, BLOCK - this.#blockBytes)
      this.#block.push(piece)
      this.#blockBytes += piece.length
      rest = rest.subarray(piece.length)
      if (this.#blockBytes === BLOCK) this.#seals()
    }
  }

  /** What has gathered goes to disk as one encrypted block, bound to this file and its place in it. */
  #seals(): void {
    const block = this.#seal.close(Buffer.concat(this.#block), `${this.name} ${this.#blocks++}`)
    this.#block = []
    this.#blockBytes = 0
    this.#write(block)
  }

  #write(chunk: Uint8Array): void {
    this.#waiting += chunk.length
    this.#tail = this.#tail.then(async handle => {
      await handle.appendFile(chunk)
      this.#waiting -= chunk.length
      if (this.#waiting === 0) this.#caughtUp()
      return handle
    })
    this.#tail.catch(() => undefined)
  }

  /** Resolves when all of it is on disk. Rejects with what the disk said. */
  async sync(): Promise<void> {
    if (this.#blockBytes > 0) this.#seals()
    const handle = await this.#tail
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  }

  /** Removes it. Never rejects. */
  async remove(): Promise<void> {
    const handle = await this.#tail.catch(() => undefined)
    await handle?.close().catch(() => undefined)
    await rm(this.#path, { force: true }).catch(() => undefined)
  }
}
