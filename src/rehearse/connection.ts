// One visitor's connection: a raw socket that carries one request at a time and reads its response. Raw, because every
// layer between would cost the crowd visitors and hide what the server really did.
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { ResponseReader } from './response.ts'
import type { Loss } from './tally.ts'

/** How a request ended. `untouched`: closed with no byte of a response, as an idle connection may be at any moment. */
export type Outcome = 'answered' | 'untouched' | Exclude<Loss, 'timeout' | 'status'>

export interface Address {
  host: string
  port: number
  /** For https: the name to ask for (empty for an address) and whether the certificate has to prove it. */
  tls?: { name: string; verify: boolean } | undefined
}

/** Sockets are read into one buffer on Unix, where the kernel fills it at the very moment it is handed out. */
const READ_BYTES = 64 * 1024
const shared = process.platform === 'win32' ? undefined : Buffer.allocUnsafeSlow(READ_BYTES)

export class Connection {
  /** The response being read, or read last. */
  readonly response = new ResponseReader()
  /** Requests written so far. */
  requests = 0
  closed = false
  readonly #socket: Socket
  readonly #onBytes: (bytes: number) => void
  readonly #onClose: (connection: Connection) => void
  #onEnd: ((outcome: Outcome) => void) | undefined
  #connected = false
  #touched = false

  /** Opens a connection. `onBytes` is told of each read, `onClose` once of the end. */
  constructor(to: Address, onBytes: (bytes: number) => void, onClose: (closed: Connection) => void) {
    this.#onBytes = onBytes
    this.#onClose = onClose
    this.#socket = to.tls === undefined ? this.#plain(to) : this.#encrypted(to)
    this.#socket.once(to.tls === undefined ? 'connect' : 'secureConnect', () => (this.#connected = true))
    this.#socket.once('end', () => this.#ended())
    this.#socket.once('error', () => this.#finish(this.#connected ? this.#broken() : 'refused'))
    this.#socket.once('close', () => this.#shut())
  }

  /** Writes a whole request (latin1) and calls `onEnd` once, unless `leave` comes first. */
  ask(request: string, keepBody: boolean, onEnd: (outcome: Outcome) => void): void {
    this.#onEnd = onEnd
    this.#touched = false
    this.requests++
    this.response.begin(keepBody)
    this.#socket.write(request, 'latin1')
  }

  /** Whether a response is awaited. */
  get busy(): boolean {
    return this.#onEnd !== undefined
  }

  /** Closes at once; whatever was asked is given up without a word. */
  leave(): void {
    this.#onEnd = undefined
    this.#socket.destroy()
    this.#shut()
  }

  #plain({ host, port }: Address): Socket {
    const buffer = shared ?? Buffer.allocUnsafe(READ_BYTES / 4)
    const callback = (length: number, bytes: Uint8Array): boolean => this.#read(bytes as Buffer, length)
    return connect({ host, port, noDelay: true, onread: { buffer, callback } })
  }

  /** A whole handshake each time, as by a visitor who comes anew: no session is kept. */
  #encrypted({ host, port, tls }: Address): Socket {
    const name = tls!.name === '' ? {} : { servername: tls!.name }
    const socket = connectTls({ host, port, ...name, rejectUnauthorized: tls!.verify, ALPNProtocols: ['http/1.1'] })
    socket.setNoDelay(true)
    return socket.on('data', (bytes: Buffer) => this.#read(bytes, bytes.length))
  }

  #read(buffer: Buffer, length: number): boolean {
    this.#onBytes(length)
    this.#touched = true
    const progress = this.#onEnd === undefined ? 'malformed' : this.response.read(buffer, length)
    if (progress === 'done') this.#finish('answered')
    if (progress === 'malformed') this.#finish('malformed')
    return true
  }

  #ended(): void {
    if (this.#onEnd === undefined) return this.leave()
    this.#finish(this.response.end() === 'done' ? 'answered' : this.#broken())
  }

  #broken(): Outcome {
    return this.#touched ? 'closed' : 'untouched'
  }

  #finish(outcome: Outcome): void {
    const onEnd = this.#onEnd
    this.#onEnd = undefined
    if (outcome !== 'answered' || !this.response.head.reusable) {
      this.#socket.destroy()
      this.#shut()
    }
    onEnd?.(outcome)
  }

  #shut(): void {
    if (this.closed) return
    this.closed = true
    this.#onClose(this)
    this.#finish(this.#connected ? this.#broken() : 'refused')
  }
}
