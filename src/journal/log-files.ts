// The log on disk: files NNNN.log, written only at the end of the last, dropped only from the front. The data are other
// people's, so the folder and the files are for their owner only.
//
// Numbers follow each other without a gap, in order: what a gap cuts off should have been dropped (the system crashed
// before the folder was on disk), and could bring back what a later file, dropped since, had said to be gone.

import { open, mkdir, readdir, unlink } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { Entries } from './entries.ts'
import { FILE_HEADER_BYTES, encodeFileHeader, newMarker } from './frame.ts'

const NAME = /^(\d{4,12})\.log$/
/** writev takes at most IOV_MAX buffers, 1024 on Linux, and fewer calls to the disk are cheaper: join what is small. */
const JOIN_BELOW = 64 * 1024

export interface LogFile {
  number: number
  bytes: number
  entries: Entries
}

export class LogFiles {
  readonly directory: string
  /** A file that has reached this is followed by a new one. */
  readonly fileBytes: number
  marker: Buffer = newMarker()
  #files: LogFile[] = []
  #handle: FileHandle | null = null

  constructor(directory: string, fileBytes: number) {
    this.directory = directory
    this.fileBytes = fileBytes
  }

  /** Oldest first. */
  get files(): readonly LogFile[] {
    return this.#files
  }

  get bytes(): number {
    return this.#files.reduce((sum, file) => sum + file.bytes, 0)
  }

  /** Makes the folder if it is not there, finds the files in it, and removes those that a gap cuts off. */
  async find(): Promise<void> {
    const numbers = await this.#numbers()
    let first = numbers.length - 1
    while (first > 0 && numbers[first - 1] === numbers[first]! - 1) first--
    for (const number of numbers.slice(0, Math.max(first, 0))) await this.#unlink(number)
    this.#files = numbers.slice(Math.max(first, 0)).map(number => ({ number, bytes: 0, entries: new Entries() }))
  }

  /** All bytes of a file; its length is known from then on. */
  async read(file: LogFile): Promise<Buffer> {
    const handle = await open(this.#path(file.number), 'r')
    try {
      const { size } = await handle.stat()
      const bytes = Buffer.allocUnsafeSlow(size)
      let length = 0
      while (length < size) {
        const { bytesRead } = await handle.read(bytes, length, size - length, length)
        if (bytesRead === 0) break
        length += bytesRead
      }
      file.bytes = length
      return bytes.subarray(0, length)
    } finally {
      await handle.close()
    }
  }

  /** Goes on writing to the last file, behind its last sound frame. */
  async resume(marker: Buffer, end: number): Promise<void> {
    const last = this.#files.at(-1)!
    this.marker = Buffer.from(marker)
    this.#handle = await open(this.#path(last.number), 'r+')
    await this.#handle.truncate(end)
    last.bytes = end
  }

  /** Writes the frames behind each other into one file, which is handed back; rejects when not all was written. */
  async append(frames: readonly Buffer[]): Promise<LogFile> {
    const last = this.#files.at(-1)
    const file = last === undefined || this.#handle === null || last.bytes >= this.fileBytes ? await this.#roll() : last
    for (const piece of joined(frames)) {
      await this.#write(piece, file.bytes)
      file.bytes += piece.length
    }
    return file
  }

  /** What was written so far outlives a crash of the whole machine. */
  async sync(): Promise<void> {
    await this.#handle?.datasync()
  }

  async dropOldest(): Promise<void> {
    const [oldest] = this.#files
    if (oldest === undefined) return
    await this.#unlink(oldest.number)
    this.#files.shift()
  }

  async dropNewest(): Promise<void> {
    const newest = this.#files.pop()
    if (newest !== undefined) await this.#unlink(newest.number)
  }

  /** Removes the files up to this one. */
  async dropUpTo(file: LogFile): Promise<void> {
    while (this.#files.length > 0 && this.#files[0]!.number <= file.number) await this.dropOldest()
  }

  /** Removes every file, and begins anew under another marker. Rejects when one could not be removed. */
  async removeAll(): Promise<void> {
    await this.close()
    for (const number of await this.#numbers()) await this.#unlink(number)
    this.#files = []
    this.marker = newMarker()
  }

  async close(): Promise<void> {
    const handle = this.#handle
    this.#handle = null
    await handle?.close()
  }

  async #roll(): Promise<LogFile> {
    await this.#handle?.datasync()
    await this.close()
    const file = { number: (this.#files.at(-1)?.number ?? 0) + 1, bytes: 0, entries: new Entries() }
    this.#handle = await open(this.#path(file.number), 'wx', 0o600)
    this.#files.push(file)
    await this.#write(encodeFileHeader(this.marker), 0)
    file.bytes = FILE_HEADER_BYTES
    return file
  }

  async #write(piece: Buffer, at: number): Promise<void> {
    for (let from = 0; from < piece.length;) {
      const { bytesWritten } = await this.#handle!.write(piece, from, piece.length - from, at + from)
      from += bytesWritten
    }
  }

  async #numbers(): Promise<number[]> {
    await mkdir(this.directory, { recursive: true, mode: 0o700 })
    const names = await readdir(this.directory)
    return names
      .flatMap(name => NAME.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b)
  }

  async #unlink(number: number): Promise<void> {
    await unlink(this.#path(number)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
    })
  }

  #path(number: number): string {
    return join(this.directory, `${String(number).padStart(4, '0')}.log`)
  }
}

/** The same bytes in fewer pieces: small frames are copied together, large ones stay as they are. */
function joined(frames: readonly Buffer[]): Buffer[] {
  const pieces: Buffer[] = []
  let small: Buffer[] = []
  const flush = (): void => {
    if (small.length > 0) pieces.push(small.length === 1 ? small[0]! : Buffer.concat(small))
    small = []
  }
  for (const frame of frames) {
    if (frame.length < JOIN_BELOW) small.push(frame)
    else {
      flush()
      pieces.push(frame)
    }
  }
  flush()
  return pieces
}
