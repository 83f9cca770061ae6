// The pipe between a process and the one that takes its place: messages with their length before them, in the form in which threads pass
// them too. Both ends are one program in two versions, so a message that one does not know is passed over.

import type { Socket } from 'node:net'
import { deserialize, serialize } from 'node:v8'
import type { Gone, OriginLoad } from '../threads/handover.ts'

/** A form with its body is the largest message: 64 KiB and some fields. Beyond this it is no message of ours. */
const LARGEST = 16 * 1024 * 1024
const LENGTH_BYTES = 4

/** What the process that goes says. */
export type FromOld =
  /** The data directory is free, and nobody accepts visitors: begin. */
  | { type: 'yours'; origins: OriginLoad[] }
  | { type: 'beside'; origins: OriginLoad[] }
  | { type: 'void'; id: number; gone: Gone }
  /** What an edge said to the forms thread. */
  | { type: 'forms'; slot: number; said: unknown }

/** What the process that comes says. */
export type FromNew =
  /** The config is right, and all but the data directory is there. */
  | { type: 'ready' }
  | { type: 'failed'; why: string }
  | { type: 'serving' }
  | { type: 'voided'; id: number }
  /** What the forms thread said to an edge. */
  | { type: 'forms'; slot: number; said: unknown }

export class Wire<Out, In> {
  readonly #socket: Socket
  #held = Buffer.alloc(0)

  constructor(socket: Socket, heard: (message: In) => void, closed: () => void) {
    this.#socket = socket
    socket.on('data', (bytes: Buffer) => this.#take(bytes, heard))
    socket.on('error', () => socket.destroy())
    socket.on('close', closed)
  }

  send(message: Out): void {
    const body = serialize(message)
    const length = Buffer.alloc(LENGTH_BYTES)
    length.writeUInt32BE(body.length)
    if (!this.#socket.destroyed) this.#socket.write(Buffer.concat([length, body]))
  }

  /** It keeps the process alive no longer. */
  unref(): void {
    this.#socket.unref()
  }

  /** Says all that was sent, and ends. */
  close(): void {
    this.#socket.destroySoon()
  }

  #take(bytes: Buffer, heard: (message: In) => void): void {
    this.#held = Buffer.concat([this.#held, bytes])
    while (this.#held.length >= LENGTH_BYTES) {
      const end = LENGTH_BYTES + this.#held.readUInt32BE()
      if (end > LARGEST) return void this.#socket.destroy()
      if (this.#held.length < end) return
      const message = deserialize(this.#held.subarray(LENGTH_BYTES, end)) as In
      this.#held = this.#held.subarray(end)
      heard(message)
    }
  }
}
