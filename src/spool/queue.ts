// The bytes of one body that wait, first in first out: a bounded part in memory, what comes after it in a file, and what
// even the disk has no room for in memory again, which the owner keeps small by holding its source back.

import { SpoolFile } from './file.ts'
import type { SpoolFileEvents } from './file.ts'
import type { Quota } from './quota.ts'
import type { Spool } from './spool.ts'

export class SpoolQueue {
  readonly #spool: Spool
  readonly #disk: Quota
  readonly #memoryBound: number
  readonly #events: SpoolFileEvents
  #front: Uint8Array[] = []
  #frontBytes = 0
  #file: SpoolFile | null = null
  #back: Uint8Array[] = []

  /** `memoryBound` in bytes, for this body; `disk` is where it counts its file. */
  constructor(spool: Spool, memoryBound: number, disk: Quota, events: SpoolFileEvents) {
    this.#spool = spool
    this.#memoryBound = memoryBound
    this.#disk = disk
    this.#events = events
  }

  /** False, and nothing is taken, when neither memory nor disk have room. */
  push(chunk: Uint8Array): boolean {
    if (this.#back.length > 0) return false
    if (this.#file !== null) return this.#file.append(chunk)
    if (this.#frontBytes + chunk.length <= this.#memoryBound && this.#spool.memory.take(chunk.length)) {
      this.#front.push(chunk)
      this.#frontBytes += chunk.length
      return true
    }
    this.#file = new SpoolFile(this.#spool.directory, this.#disk, this.#events)
    return this.#file.append(chunk)
  }

  /** Takes a chunk that found no room. The owner holds its source back at once. */
  force(chunk: Uint8Array): void {
    this.#back.push(chunk)
  }

  /** The next bytes; undefined when there are none now, and then `readable` is called where some lie on disk. */
  next(): Uint8Array | undefined {
    const chunk = this.#front.shift()
    if (chunk !== undefined) {
      this.#frontBytes -= chunk.length
      this.#spool.memory.give(chunk.length)
      return chunk
    }
    if (this.#file !== null) {
      const read = this.#file.next()
      if (read !== undefined || !this.#file.isDrained) return read
      this.#file.close()
      this.#file = null
    }
    return this.#back.shift()
  }

  get isEmpty(): boolean {
    return this.#front.length === 0 && this.#back.length === 0 && (this.#file === null || this.#file.isDrained)
  }

  /** The disk is behind, or there is no room at all: hold the source back. */
  get isFull(): boolean {
    return this.#back.length > 0 || (this.#file !== null && this.#file.isBehind)
  }

  /** All the bytes, where they are all in memory and nothing was read yet. */
  get bytes(): Uint8Array | undefined {
    if (this.#file !== null || this.#back.length > 0) return undefined
    return this.#front.length === 1 ? this.#front[0] : Buffer.concat(this.#front)
  }

  /** Gives everything back. Nothing is called any more. */
  discard(): void {
    this.#file?.close()
    this.#file = null
    this.#spool.memory.give(this.#frontBytes)
    this.#frontBytes = 0
    this.#front = []
    this.#back = []
  }
}
