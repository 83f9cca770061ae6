// Visitors with a connection and cookies of their own, who all ask for the same page, one batch after the other: what a crowd in
// a waiting room does. wrk sends the same head on every connection; here each has its ticket.

import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { once } from 'node:events'
import { BROWSER_FIELDS } from '../browser.ts'

/** How many ask at once, well below any server's backlog and about what is under way at a time in a large crowd. */
const BATCH = 100
const ANSWER_MS = 10_000
/** A client address has 28,000 ports towards one server, some of them still taken from before; so there are several. */
const ADDRESSES = 4

interface Answer {
  readonly status: number
  readonly head: string
}

export class Visitors {
  readonly #all: Visitor[] = []

  /** Connects so many to 127.0.0.1:port. */
  static async come(count: number, port: number): Promise<Visitors> {
    const visitors = new Visitors()
    for (let from = 0; from < count; from += BATCH) {
      const numbers = Array.from({ length: Math.min(BATCH, count - from) }, (_, index) => from + index)
      visitors.#all.push(...(await Promise.all(numbers.map(number => Visitor.come(number, port)))))
    }
    return visitors
  }

  /** All ask for the path, once each; how many were answered with each status. Cookies are kept and sent. */
  async ask(path: string): Promise<Record<number, number>> {
    const statuses: Record<number, number> = {}
    for (let from = 0; from < this.#all.length; from += BATCH) {
      const batch = this.#all.slice(from, from + BATCH)
      for (const { status } of await Promise.all(batch.map(visitor => visitor.ask(path))))
        statuses[status] = (statuses[status] ?? 0) + 1
    }
    return statuses
  }

  leave(): void {
    for (const visitor of this.#all) visitor.leave()
  }
}

class Visitor {
  readonly #socket: Socket
  #cookie = ''
  /** What came of the answer. */
  #came = ''
  #done: ((answer: Answer) => void) | undefined
  #failed: ((error: Error) => void) | undefined

  constructor(socket: Socket) {
    this.#socket = socket
    const fail = (): void => this.#failed?.(new Error('a visitor’s connection was closed, or not answered in time'))
    socket.setTimeout(ANSWER_MS, () => this.#done !== undefined && socket.destroy())
    socket.on('error', () => {}).on('close', fail)
    socket.setEncoding('latin1').on('data', text => this.#take(String(text)))
  }

  static async come(number: number, port: number): Promise<Visitor> {
    const socket = connect({ host: '127.0.0.1', port, localAddress: `127.0.0.${2 + (number % ADDRESSES)}` })
    await once(socket, 'connect')
    return new Visitor(socket)
  }

  ask(path: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      ;[this.#done, this.#failed] = [resolve, reject]
      const cookie = this.#cookie === '' ? '' : `Cookie: ${this.#cookie}\r\n`
      this.#socket.write(`GET ${path} HTTP/1.1\r\n${cookie}${BROWSER_FIELDS}`)
    })
  }

  leave(): void {
    this.#failed = undefined
    this.#socket.destroy()
  }

  #take(text: string): void {
    this.#came += text
    const end = this.#came.indexOf('\r\n\r\n')
    if (end === -1) return
    const head = this.#came.slice(0, end)
    const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0)
    if (this.#came.length < end + 4 + length) return
    const cookies = [...head.matchAll(/^set-cookie: ([^;\r]+)/gim)].map(match => match[1]!)
    if (cookies.length > 0) this.#cookie = cookies.join('; ')
    this.#came = ''
    const done = this.#done
    this.#done = undefined
    done?.({ status: Number(head.slice(9, 12)), head })
  }
}
