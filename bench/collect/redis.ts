// As much of Redis's protocol as RPUSH needs, pipelined on one connection: Redis writes and syncs what came in one turn of its loop at once.

import { connect } from 'node:net'
import type { Socket } from 'node:net'

export class Redis {
  readonly #socket: Socket
  readonly #waiting: { done: () => void; failed: (error: Error) => void }[] = []
  #rest = ''

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => this.#hear(text))
    socket.on('error', error => this.#waiting.splice(0).forEach(({ failed }) => failed(error)))
  }

  static open(path: string): Promise<Redis> {
    return new Promise((resolve, reject) => {
      const socket = connect(path, () => resolve(new Redis(socket)))
      socket.once('error', reject)
    })
  }

  put(body: Buffer): Promise<void> {
    return new Promise((done, failed) => {
      this.#waiting.push({ done, failed })
      const head = `*3\r\n$5\r\nRPUSH\r\n$5\r\nposts\r\n$${body.length}\r\n`
      this.#socket.write(Buffer.concat([Buffer.from(head), body, Buffer.from('\r\n')]))
    })
  }

  /** Answers are numbers, or errors; a line each. */
  #hear(text: string): void {
    const lines = (this.#rest + text).split('\r\n')
    this.#rest = lines.pop()!
    for (const line of lines) {
      const asked = this.#waiting.shift()
      if (line.startsWith('-')) asked?.failed(new Error(line))
      else asked?.done()
    }
  }
}
