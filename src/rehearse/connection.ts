// One visitor's connection: a raw socket that carries one request at a time and reads its response. Raw, because every
// layer between would cost the crowd visitors and hide what the server really did.
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { Asked, type Asker } from './asked.ts'

export interface Address {
  host: string
  port: number
  /** For https: the name to ask for (empty for an address) and whether the certificate has to prove it. */
  tls?: { name: string; verify: boolean } | undefined
  /** The address of this machine to come from. */
  localAddress?: string
}

/** Sockets are read into one buffer on Unix, where the kernel fills it at the very moment it is handed out. */
const READ_BYTES = 64 * 1024
const shared = process.platform === 'win32' ? undefined : Buffer.allocUnsafeSlow(READ_BYTES)

export class Connection extends Asked {
  readonly #socket: Socket
  readonly #isSecure: boolean

  /** Opens a connection. */
  constructor(to: Address, asker: Asker) {
    super(asker)
    this.#isSecure = to.tls !== undefined
    this.#socket = this.#isSecure ? this.#encrypted(to) : this.#plain(to)
    this.#socket.once(this.#isSecure ? 'secureConnect' : 'connect', () => (this.connected = true))
    this.#socket.once('end', () => this.#ended())
    this.#socket.once('error', () => this.fail())
    this.#socket.once('close', () => this.shut())
  }

  protected send(request: string): void {
    this.#socket.write(request, 'latin1')
  }

  protected destroy(): void {
    this.#socket.destroy()
  }

  /**
   * With a reset: a port that is closed in the usual way stays taken for a minute, and when impatient visitors have left half
   * of the ports so, the kernel looks through thousands of them for each new connection (a quarter of a millisecond each).
   */
  protected override breakOff(): void {
    if (this.connected && !this.#isSecure) this.#socket.resetAndDestroy()
    else this.#socket.destroy()
  }

  protected get reusable(): boolean {
    return this.response.reusable
  }

  #plain({ host, port, localAddress }: Address): Socket {
    const buffer = shared ?? Buffer.allocUnsafe(READ_BYTES / 4)
    const callback = (length: number, bytes: Uint8Array): boolean => this.#read(bytes as Buffer, length)
    const from = localAddress === undefined ? {} : { localAddress }
    return connect({ host, port, ...from, noDelay: true, onread: { buffer, callback } })
  }

  /** A whole handshake each time, as by a visitor who comes anew: no session is kept. */
  #encrypted({ host, port, tls, localAddress }: Address): Socket {
    const from = localAddress === undefined ? {} : { localAddress }
    const name = tls!.name === '' ? {} : { servername: tls!.name }
    const socket = connectTls({
      host,
      port,
      ...from,
      ...name,
      rejectUnauthorized: tls!.verify,
      ALPNProtocols: ['http/1.1'],
    })
    socket.setNoDelay(true)
    return socket.on('data', (bytes: Buffer) => this.#read(bytes, bytes.length))
  }

  #read(buffer: Buffer, length: number): boolean {
    this.asker.read(length)
    this.touched = true
    const progress = this.busy ? this.response.read(buffer, length) : 'malformed'
    if (progress === 'done') this.finish('answered')
    if (progress === 'malformed') this.finish('malformed')
    return true
  }

  #ended(): void {
    if (!this.busy) return this.leave()
    this.finish(this.response.end() === 'done' ? 'answered' : this.broken)
  }
}
