// A stored body on its way from its file to a visitor: a piece at a time, and the next one once that was taken, so that a slow
// reader holds 256 KiB and one open file. Each piece is compared with its checksum before a byte of it goes out.

import { close, open, read } from 'node:fs'
import { crc32 } from 'node:zlib'
import type { Body, Sink } from '../exchange.ts'
import { PIECE } from '../store/on-disk.ts'
import type { OnDisk } from '../store/on-disk.ts'

export interface LargeBodyParts extends OnDisk {
  readonly path: string
  /** Bytes [from, to) of the whole. */
  readonly from: number
  readonly to: number
  opened(): void
  damaged(): void
}

export class LargeBody implements Body {
  readonly length: number
  readonly #parts: LargeBodyParts
  readonly #begun = Promise.withResolvers<boolean>()
  /** The next byte to be read. */
  #at: number
  #fd = -1
  #isHeld = true
  #hasBegun = false
  #reading = false
  #flowing = false
  #done = false
  /** Read, and not handed on yet. */
  #ready: Uint8Array | undefined
  #why: Error | undefined
  #sink: Sink | undefined

  constructor(parts: LargeBodyParts) {
    this.#parts = parts
    this.#at = parts.from
    this.length = parts.to - parts.from
  }

  /** Opens the file and reads the first piece. False when it is not what was written: then nothing has been sent yet. */
  begin(): Promise<boolean> {
    if (!this.#hasBegun) {
      this.#hasBegun = true
      open(this.#parts.path, 'r', (error, fd) => this.#onOpen(error, fd))
    }
    return this.#begun.promise
  }

  pipe(sink: Sink): void {
    this.#sink = sink
    this.#flowing = true
    void this.begin()
    this.#give()
  }

  pause(): void {
    this.#flowing = false
  }

  resume(): void {
    if (this.#flowing || this.#done) return
    this.#flowing = true
    this.#give()
  }

  cancel(): void {
    this.#finish()
  }

  #onOpen(error: Error | null, fd: number): void {
    this.#letGo()
    if (error !== null) return this.#fail(error)
    this.#fd = fd
    if (this.#done) return this.#close()
    this.#read()
  }

  #read(): void {
    const { length, to } = this.#parts
    if (this.#reading || this.#ready !== undefined || this.#at >= to) return
    this.#reading = true
    const index = Math.floor(this.#at / PIECE)
    const piece = Buffer.allocUnsafeSlow(Math.min(PIECE, length - index * PIECE))
    read(this.#fd, piece, 0, piece.length, index * PIECE, (error, bytes) => this.#onRead(piece, index, error, bytes))
  }

  #onRead(piece: Buffer, index: number, error: Error | null, bytes: number): void {
    this.#reading = false
    if (this.#done) return this.#close()
    const isWhole = error === null && bytes === piece.length && crc32(piece) === this.#parts.checksums[index]
    if (!isWhole) return this.#fail(error ?? new Error('a stored body is damaged on disk'))
    this.#ready = piece.subarray(this.#at - index * PIECE, this.#parts.to - index * PIECE)
    this.#begun.resolve(true)
    this.#give()
  }

  #give(): void {
    if (this.#sink === undefined || !this.#flowing || this.#done) return
    if (this.#why !== undefined) return this.#end(sink => sink.fail(this.#why!))
    const ready = this.#ready
    if (ready !== undefined) {
      this.#ready = undefined
      this.#at += ready.length
      // The next is read while this one is on its way.
      if (this.#at < this.#parts.to) this.#read()
      this.#sink.data(ready)
    }
    if (!this.#done && this.#at >= this.#parts.to) this.#end(sink => sink.end([]))
  }

  #fail(why: Error): void {
    this.#why = why
    if (!this.#done && !isShortOfFiles(why)) this.#parts.damaged()
    this.#begun.resolve(false)
    this.#give()
  }

  #end(tell: (sink: Sink) => void): void {
    this.#finish()
    tell(this.#sink!)
  }

  #finish(): void {
    if (this.#done) return
    this.#done = true
    this.#ready = undefined
    this.#begun.resolve(false)
    if (!this.#hasBegun) this.#letGo()
    this.#close()
  }

  #letGo(): void {
    if (this.#isHeld) this.#parts.opened()
    this.#isHeld = false
  }

  /** Once nothing is read from it. */
  #close(): void {
    if (this.#fd === -1 || this.#reading) return
    close(this.#fd, () => {})
    this.#fd = -1
  }
}

/** The process may open no more: that says nothing of the file. */
const isShortOfFiles = ({ code }: NodeJS.ErrnoException): boolean => code === 'EMFILE' || code === 'ENFILE'
