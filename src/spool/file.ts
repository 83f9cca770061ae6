// The part of a waiting body that lies on disk: bytes are appended at one end and read at the other. The file loses its
// name as soon as it is open, so nothing is left behind whatever happens to the process.

import { close, open, read, unlink, writev } from 'node:fs'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Quota } from './quota.ts'

/** Bytes that may wait for the disk before the sender is asked to hold back. */
const BEHIND = 256 * 1024
/** Bytes read at once: as large as a socket's own reads. */
const READ = 64 * 1024

/** What a spool file tells whoever uses it. */
export interface SpoolFileEvents {
  /** `next` has something after it had nothing. */
  readable(): void
  /** The disk has caught up; the sender may go on. */
  caughtUp(): void
  /** The disk failed; what was appended is lost. */
  failed(why: Error): void
}

export class SpoolFile {
  readonly #quota: Quota
  readonly #events: SpoolFileEvents
  #fd = -1
  /** Whether an open, write or read is under way; the file is closed after it. */
  #writing = true
  #reading = false
  #closed = false
  #failed = false
  #pending: Uint8Array[] = []
  #pendingBytes = 0
  #isBehind = false
  #appended = 0
  #written = 0
  #read = 0
  #ready: Uint8Array | undefined
  #isWanted = false

  constructor(directory: string, quota: Quota, events: SpoolFileEvents) {
    this.#quota = quota
    this.#events = events
    const path = join(directory, randomUUID())
    open(path, 'wx+', 0o600, (error, fd) => {
      this.#writing = false
      if (error !== null) return this.#fail(error)
      unlink(path, () => {})
      this.#fd = fd
      if (this.#closed) this.#closeWhenIdle()
      else this.#flush()
    })
  }

  /** False, and nothing is taken, when the disk's bound is reached. */
  append(chunk: Uint8Array): boolean {
    if (this.#failed || !this.#quota.take(chunk.length)) return false
    this.#appended += chunk.length
    this.#pending.push(chunk)
    this.#pendingBytes += chunk.length
    if (this.#pendingBytes > BEHIND) this.#isBehind = true
    this.#flush()
    return true
  }

  /** The sender should hold back until `caughtUp`. */
  get isBehind(): boolean {
    return this.#isBehind
  }

  /** All that was appended has been read. */
  get isDrained(): boolean {
    return this.#ready === undefined && this.#read === this.#appended
  }

  /** The next bytes, or undefined: `readable` is called when there are some. */
  next(): Uint8Array | undefined {
    const chunk = this.#ready
    this.#ready = undefined
    this.#isWanted = chunk === undefined
    this.#fetch()
    return chunk
  }

  /** Gives the disk back. Nothing is called any more. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#quota.give(this.#appended)
    this.#pending = []
    this.#ready = undefined
    this.#closeWhenIdle()
  }

  #flush(): void {
    if (this.#writing || this.#fd === -1 || this.#pending.length === 0) return
    this.#writing = true
    const batch = this.#pending
    this.#pending = []
    writev(this.#fd, batch, this.#written, (error, written) => this.#wrote(batch, error, written))
  }

  #wrote(batch: Uint8Array[], error: Error | null, written: number): void {
    this.#writing = false
    if (this.#closed) return this.#closeWhenIdle()
    if (error !== null) return this.#fail(error)
    this.#written += written
    this.#pendingBytes -= written
    this.#pending.unshift(...unwritten(batch, written))
    this.#flush()
    this.#fetch()
    if (this.#isBehind && this.#pendingBytes <= BEHIND / 2) {
      this.#isBehind = false
      this.#events.caughtUp()
    }
  }

  #fetch(): void {
    if (this.#reading || this.#ready !== undefined || this.#read === this.#written || this.#failed) return
    this.#reading = true
    const buffer = Buffer.allocUnsafeSlow(Math.min(READ, this.#written - this.#read))
    read(this.#fd, buffer, 0, buffer.length, this.#read, (error, bytes) => this.#got(buffer, error, bytes))
  }

  #got(buffer: Buffer, error: Error | null, bytes: number): void {
    this.#reading = false
    if (this.#closed) return this.#closeWhenIdle()
    if (error !== null || bytes === 0) return this.#fail(error ?? new Error('the spool file is shorter than it was'))
    this.#read += bytes
    this.#ready = buffer.subarray(0, bytes)
    if (this.#isWanted) this.#events.readable()
  }

  #fail(why: Error): void {
    if (this.#closed || this.#failed) return
    this.#failed = true
    this.#events.failed(why)
  }

  #closeWhenIdle(): void {
    if (this.#writing || this.#reading || this.#fd === -1) return
    close(this.#fd, () => {})
    this.#fd = -1
  }
}

/** What of the batch a short write has left. */
function unwritten(batch: Uint8Array[], written: number): Uint8Array[] {
  let left = written
  const rest: Uint8Array[] = []
  for (const chunk of batch) {
    if (left < chunk.length) rest.push(chunk.subarray(left))
    left = Math.max(0, left - chunk.length)
  }
  return rest
}
