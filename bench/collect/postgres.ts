// As much of PostgreSQL's protocol (version 3) as an INSERT needs: a prepared statement on each of a few connections, one post
// a transaction, so that each is synced before it is answered for. Less than a driver does, which is kind to PostgreSQL.

import { connect } from 'node:net'
import type { Socket } from 'node:net'

/** Connections of one process. PostgreSQL gathers commits of several connections into one fsync. */
const CONNECTIONS = 16
const INSERT = 'INSERT INTO posts (body) VALUES ($1)'

export class Postgres {
  readonly #lanes: Lane[]
  #next = 0

  private constructor(lanes: Lane[]) {
    this.#lanes = lanes
  }

  static async open(socket: string): Promise<Postgres> {
    return new Postgres(await Promise.all(Array.from({ length: CONNECTIONS }, () => Lane.open(socket))))
  }

  put(body: Buffer): Promise<void> {
    return this.#lanes[this.#next++ % this.#lanes.length]!.insert(body)
  }
}

class Lane {
  readonly #socket: Socket
  #waiting: { done: () => void; failed: (error: Error) => void }[] = []
  #rest: Buffer = Buffer.alloc(0)
  #error: Error | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => this.#hear(chunk))
    socket.on('error', error => this.#waiting.splice(0).forEach(({ failed }) => failed(error)))
  }

  static async open(path: string): Promise<Lane> {
    const lane = new Lane(connect(path))
    const parameters = Buffer.from('user\0postgres\0database\0postgres\0\0')
    const start = Buffer.alloc(8)
    start.writeInt32BE(8 + parameters.length, 0)
    start.writeInt32BE(196_608, 4)
    await lane.#ask(Buffer.concat([start, parameters]))
    await lane.#ask(
      Buffer.concat([message('P', Buffer.from(`insert\0${INSERT}\0\0\0`)), message('S', Buffer.alloc(0))]),
    )
    return lane
  }

  insert(body: Buffer): Promise<void> {
    const length = Buffer.alloc(4)
    length.writeInt32BE(body.length)
    // Unnamed portal, the statement, formats: one, binary; one value; results as text.
    const bind = [Buffer.from('\0insert\0'), Buffer.from([0, 1, 0, 1, 0, 1]), length, body, Buffer.from([0, 0])]
    const execute = message('E', Buffer.from([0, 0, 0, 0, 0]))
    return this.#ask(Buffer.concat([message('B', Buffer.concat(bind)), execute, message('S', Buffer.alloc(0))]))
  }

  #ask(bytes: Buffer): Promise<void> {
    return new Promise((done, failed) => {
      this.#waiting.push({ done, failed })
      this.#socket.write(bytes)
    })
  }

  /** Each question ends with ReadyForQuery. */
  #hear(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    let at = 0
    while (this.#rest.length >= at + 5 && this.#rest.length >= at + 1 + this.#rest.readInt32BE(at + 1)) {
      const length = this.#rest.readInt32BE(at + 1)
      const type = String.fromCharCode(this.#rest[at]!)
      if (type === 'E') this.#error = new Error(this.#rest.toString('utf8', at + 5, at + 1 + length))
      if (type === 'Z') this.#ready()
      at += 1 + length
    }
    this.#rest = this.#rest.subarray(at)
  }

  #ready(): void {
    const asked = this.#waiting.shift()
    if (this.#error === undefined) asked?.done()
    else asked?.failed(this.#error)
    this.#error = undefined
  }
}

function message(type: string, content: Buffer): Buffer {
  const head = Buffer.alloc(5)
  head.write(type, 0, 'latin1')
  head.writeInt32BE(content.length + 4, 1)
  return Buffer.concat([head, content])
}
