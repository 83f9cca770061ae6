// The Duplex through which a connection of the fast lane speaks with the slow lane: node:http takes any Duplex as a
// connection. For one request at a time while the fast lane stays in charge, or for good. What node:http writes goes to
// the socket at once, and its backpressure with it.

import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'

export class Bridge extends Duplex {
  readonly #socket: Socket
  /** Who may let the socket flow again. */
  readonly #onWanted: () => void
  #isDetached = false

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

  /** The connection goes on without this bridge: ending it leaves the socket alone. */
  detach(): void {
    this.#isDetached = true
    this.destroy()
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
    if (!this.#isDetached) this.#socket.destroy()
    done(error)
  }
}
