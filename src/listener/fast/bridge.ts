// The Duplex through which a connection of the fast lane speaks with the slow lane: node:http takes any Duplex as a
// connection. It stands where the socket itself cannot be given: TLS, and a visitor that has ended its side. What node:http
// writes goes to the socket at once, and its backpressure with it.

import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'

export class Bridge extends Duplex {
  readonly #socket: Socket
  /** Who may let the socket flow again. */
  readonly #onWanted: () => void

  constructor(socket: Socket, onWanted: () => void) {
    super({ allowHalfOpen: true, emitClose: true })
    this.#socket = socket
    this.#onWanted = onWanted
  }

  // node:http looks for these on its connections.
  get remoteAddress(): string | undefined {
    return this.#socket.remoteAddress
  }

  get remotePort(): number | undefined {
    return this.#socket.remotePort
  }

  override _read(): void {
    this.#onWanted()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, done)
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#socket.cork()
    for (let i = 0; i < chunks.length; i++)
      this.#socket.write(chunks[i]!.chunk, i === chunks.length - 1 ? done : undefined)
    this.#socket.uncork()
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#socket.end(() => done())
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy()
    done(error)
  }
}
