// The visitor's end of a connection: in memory, for millions of streams, or over a real socket, which the fast lane reads
// and hands over differently, for thousands.

import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Wire {
  /** Tells whose a request is. */
  readonly port: number
  readonly received: Buffer
  /** Nothing more comes from the server: it has ended its side or gone. */
  readonly isOver: boolean
  send(piece: Buffer): void
  end(): void
  destroy(): void
  /** Resolves when nothing has come for a while. `progress` counts what else may not go on meanwhile. */
  quiet(progress: () => number): Promise<void>
}

/** Whoever takes the server's end of a connection. */
export type Accept = (socket: Duplex, port: number) => void

/** Opens wires to a server; `close` ends it. */
export interface Wires {
  open(): Promise<Wire>
  close(): void
}

/** Nothing is under way within the process when so many turns of the event loop bring nothing. */
const QUIET_TURNS = 3
/** Nothing is under way on a socket of this machine when so many looks, so many milliseconds apart, show nothing new. */
const QUIET_LOOKS = 2
const QUIET_MS = 40

export function inMemory(accept: Accept): Wires {
  let next = 1
  return {
    async open() {
      const socket = new MemorySocket(next++)
      accept(socket, socket.remotePort)
      return new MemoryWire(socket)
    },
    close() {},
  }
}

export async function overSockets(accept: Accept): Promise<Wires> {
  const options = { allowHalfOpen: true, noDelay: true, pauseOnConnect: true }
  const server = createServer(options, socket => accept(socket, socket.remotePort!))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return { open: () => dial(server), close: () => void server.close() }
}

/** A connection in memory: both lanes take it for a socket, only that no kernel stands between. */
class MemorySocket extends Duplex {
  readonly remoteAddress = '127.0.0.1'
  readonly remotePort: number
  bytesWritten = 0
  readonly #chunks: Buffer[] = []

  constructor(port: number) {
    super({ allowHalfOpen: true })
    this.remotePort = port
  }

  get received(): Buffer {
    return Buffer.concat(this.#chunks)
  }

  get isOver(): boolean {
    return this.writableEnded || this.destroyed
  }

  override _read(): void {}

  /** At once, as a kernel with room takes it; the bytes are copied, as a kernel does. */
  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#chunks.push(Buffer.from(chunk))
    this.bytesWritten += chunk.length
    done()
  }
}

class MemoryWire implements Wire {
  readonly port: number
  readonly #socket: MemorySocket

  constructor(socket: MemorySocket) {
    this.#socket = socket
    this.port = socket.remotePort
  }

  get received(): Buffer {
    return this.#socket.received
  }

  get isOver(): boolean {
    return this.#socket.isOver
  }

  send(piece: Buffer): void {
    if (!this.#socket.destroyed) this.#socket.push(piece)
  }

  end(): void {
    if (!this.#socket.destroyed) this.#socket.push(null)
  }

  destroy(): void {
    this.#socket.destroy()
  }

  async quiet(progress: () => number): Promise<void> {
    let before = -1
    for (let still = 0; still < QUIET_TURNS; still++) {
      await turn()
      const now = this.#socket.bytesWritten + progress() + (this.isOver ? 0.5 : 0)
      if (now !== before) still = 0
      before = now
    }
  }
}

async function dial(server: Server): Promise<Wire> {
  const { port } = server.address() as AddressInfo
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  return new SocketWire(socket)
}

class SocketWire implements Wire {
  readonly port: number
  isOver = false
  readonly #socket: Socket
  readonly #chunks: Buffer[] = []

  constructor(socket: Socket) {
    this.#socket = socket
    this.port = socket.localPort!
    socket.on('data', (chunk: Buffer) => void this.#chunks.push(chunk))
    socket.on('error', () => {})
    socket.once('end', () => void (this.isOver = true))
    socket.once('close', () => void (this.isOver = true))
  }

  get received(): Buffer {
    return Buffer.concat(this.#chunks)
  }

  send(piece: Buffer): void {
    if (this.#socket.writable) this.#socket.write(piece)
  }

  end(): void {
    if (this.#socket.writable) this.#socket.end()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  async quiet(progress: () => number): Promise<void> {
    let before = -1
    for (let still = 0; still < QUIET_LOOKS && !this.isOver; still++) {
      await sleep(QUIET_MS)
      // After a stall many timers are due at once: what has come meanwhile is looked at first.
      for (let turns = 0; turns < QUIET_TURNS; turns++) await turn()
      const now = this.#socket.bytesRead + progress()
      if (now !== before) still = 0
      before = now
    }
  }
}

let nextTurn: Promise<void> | undefined

/** The event loop goes round once; all who wait share the turn. */
export function turn(): Promise<void> {
  return (nextTurn ??= new Promise(resolve => {
    setImmediate(() => {
      nextTurn = undefined
      resolve()
    })
  }))
}
