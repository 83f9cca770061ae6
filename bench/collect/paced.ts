// Posts at a steady rate, whatever becomes of those before (an open model): each is due at a moment of its own, and its time counts
// from that moment, so that a server which stands still for a while is charged for all who would have come meanwhile.
// `paced.ts PORT RATE SECONDS FROM`, with a line of JSON at the end. A process of its own: it must not wait for the bench.

import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { postOf } from './post.ts'

const CONNECTIONS = 256
/** Milliseconds after the end in which late answers still count. */
const GRACE = 5000

const [port, rate, seconds, from] = process.argv.slice(2).map(Number) as [number, number, number, number]
const idle: Lane[] = []
const due: number[] = []
const times: number[] = []
let wrong = 0
let number = from

/** One connection: a post, its answer, the next post. */
class Lane {
  readonly #socket: Socket
  #at = 0
  #text = ''

  constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => this.#hear(text))
    socket.on('error', () => wrong++)
  }

  send(at: number): void {
    this.#at = at
    this.#socket.write(postOf(++number), 'latin1')
  }

  #hear(text: string): void {
    this.#text += text
    const end = this.#text.indexOf('\r\n\r\n')
    if (end === -1) return
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(this.#text)?.[1] ?? 0)
    if (this.#text.length < end + 4 + length) return
    const isGood = /^HTTP\/1\.1 [23]/.test(this.#text)
    this.#text = this.#text.slice(end + 4 + length)
    if (isGood) times.push(performance.now() - this.#at)
    else wrong++
    const next = due.shift()
    if (next === undefined) idle.push(this)
    else this.send(next)
  }
}

const opened = (): Promise<Lane> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(new Lane(socket)))
    socket.once('error', reject)
  })

idle.push(...(await Promise.all(Array.from({ length: CONNECTIONS }, opened))))
const begun = performance.now()
let sent = 0
const timer = setInterval(() => {
  const elapsed = Math.min(performance.now() - begun, seconds * 1000)
  for (; sent < Math.floor((elapsed * rate) / 1000); sent++) {
    const at = begun + (sent / rate) * 1000
    const lane = idle.shift()
    if (lane === undefined) due.push(at)
    else lane.send(at)
  }
  const isOver =
    elapsed >= seconds * 1000 && (times.length + wrong >= sent || performance.now() - begun > seconds * 1000 + GRACE)
  if (!isOver) return
  clearInterval(timer)
  times.sort((a, b) => a - b)
  const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0
  const unanswered = sent - times.length - wrong
  console.log(JSON.stringify({ sent, good: times.length, wrong, unanswered, p50: at(0.5), p99: at(0.99), most: at(1) }))
  process.exit(0)
}, 1)
