// The crowd of the storm: visitors who come whatever became of those before (an open model), each with patience. Without a
// waiting room a visit is one request. With one, who is told to wait polls as told, comes when called, and asks for
// the rest of what they want in the session that they got.

import { Agent, request } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** A request that brings nothing for so long is given up, milliseconds. */
const PATIENCE = 10_000
/** Arrivals are sent in steps of so many milliseconds. */
const STEP = 5
/** Requests that each visitor makes once they are in, and the pause between them, milliseconds. */
const WANTED = 2
const PAUSE = 500

interface Came {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** What one visitor met with. Times are milliseconds since the start. */
export interface Visitor {
  /** When the first request left: connections are made at different speeds, on a machine that is this busy. */
  arrived: number
  /** Their number in the queue, where they got one. */
  number: number | null
  /** The middle of the first estimate that they were told, milliseconds from when they were told it. */
  estimated: { at: number; wait: number } | null
  /** When the poll was sent that told them last to wait. */
  lastWaiting: number
  /** When they learned that they were called. */
  called: number | null
  /** Requests answered once they were in, and those of them that went wrong. */
  served: number
  failed: number
  /** Waiting: answers that were no place in the queue. */
  errors: string[]
}

interface Told {
  readonly state?: string
  readonly ticket?: string
  readonly poll?: string
  readonly next?: number
  readonly estimate?: readonly [number, number] | null
}

export class Crowd {
  readonly visitors: Visitor[] = []
  readonly #port: number
  readonly #agent = new Agent({ keepAlive: true, maxSockets: Infinity })
  readonly #began = performance.now()
  #isOver = false
  #open = 0

  constructor(port: number) {
    this.#port = port
  }

  get open(): number {
    return this.#open
  }

  /** So many arrivals a second for so many seconds, then nobody new. */
  async come(rate: number, seconds: number): Promise<void> {
    for (;;) {
      const passed = (performance.now() - this.#began) / 1000
      if (passed >= seconds) return
      while (this.visitors.length < passed * rate) void this.#visit()
      await sleep(STEP)
    }
  }

  /** Everybody leaves. */
  end(): void {
    this.#isOver = true
    this.#agent.destroy()
  }

  get #now(): number {
    return performance.now() - this.#began
  }

  async #visit(): Promise<void> {
    const visitor: Visitor = {
      ...{
        arrived: this.#now,
        number: null,
        estimated: null,
        lastWaiting: 0,
        called: null,
        served: 0,
        failed: 0,
        errors: [],
      },
    }
    this.visitors.push(visitor)
    this.#open++
    await this.#live(visitor, `/page?${this.visitors.length}`)
    this.#open--
  }

  async #live(visitor: Visitor, path: string): Promise<void> {
    const first = await this.#ask(path, { left: () => (visitor.arrived = this.#now) })
    if (first === null || first.status !== 503 || first.headers['breakwater-waiting'] === undefined)
      return this.#stay(visitor, path, first)
    const told = JSON.parse(first.text) as Told
    visitor.number = Number.parseInt(told.ticket!, 36)
    this.#note(visitor, told)
    await this.#wait(visitor, told)
    if (this.#isOver) return
    await this.#stay(visitor, path, await this.#ask(`${path}&bw-ticket=${told.ticket!}`))
  }

  /** Polls until called. */
  async #wait(visitor: Visitor, { poll, ticket, next = 2 }: Told): Promise<void> {
    for (let pause = next; !this.#isOver;) {
      await sleep(1000 * pause, undefined, { ref: false })
      if (this.#isOver) return
      const sent = this.#now
      const came = await this.#ask(`${poll!}?bw-ticket=${ticket!}`)
      if (this.#isOver) return
      if (came?.status !== 200) {
        visitor.errors.push(came === null ? 'no answer to a poll' : `a poll answered ${came.status}`)
        continue
      }
      const told = JSON.parse(came.text) as Told
      if (told.state === 'called') {
        visitor.called = this.#now
        return
      }
      visitor.lastWaiting = sent
      this.#note(visitor, told)
      pause = told.next ?? pause
    }
  }

  #note(visitor: Visitor, { estimate }: Told): void {
    if (visitor.estimated !== null || estimate === null || estimate === undefined) return
    visitor.estimated = { at: this.#now, wait: 500 * (estimate[0] + estimate[1]) }
  }

  /** In, or as good as: `came` is the answer to the first request. */
  async #stay(visitor: Visitor, path: string, came: Came | null): Promise<void> {
    for (let answer = came, i = 0; !this.#isOver; i++) {
      if (answer?.status === 200) visitor.served++
      else visitor.failed++
      const session = answer?.headers['set-cookie']?.map(line => line.split(';')[0]).join('; ')
      if (i + 1 >= WANTED || answer?.status !== 200 || session === undefined) return
      await sleep(PAUSE)
      answer = await this.#ask(`${path}&again`, { cookie: session })
    }
  }

  #ask(path: string, { cookie, left }: { cookie?: string | undefined; left?: () => void } = {}): Promise<Came | null> {
    const headers = { accept: 'application/json', ...(cookie === undefined ? {} : { cookie }) }
    return new Promise(resolve => {
      const asked = request({ agent: this.#agent, host: '127.0.0.1', port: this.#port, path, headers }, answer => {
        let text = ''
        answer.setEncoding('utf8').on('data', chunk => (text += chunk))
        answer.on('end', () => resolve({ status: answer.statusCode!, headers: answer.headers, text }))
        answer.on('error', () => resolve(null))
      })
      if (left !== undefined) asked.once('finish', left)
      asked.setTimeout(PATIENCE, () => asked.destroy())
      asked.on('error', () => resolve(null)).end()
    })
  }
}
