// Writes an Answer to a visitor: head at once, body as it comes, held back while the visitor's side is full. An answer
// that breaks off is cut, never ended: a visitor or a cache in front must be able to tell that it is not the whole.

import type { Answer, Body, Sink } from '../../exchange.ts'
import type { Fields } from '../../http/fields.ts'
import { allowedTrailers } from '../../http/trailers.ts'
import type { Framed } from './framing.ts'
import type { Reply } from './reply.ts'

interface Events {
  /** The body broke off; the connection must be destroyed. */
  cut(why: Error): void
}

/**
 * Sends head and body; what comes back tells how many bytes of the body were handed over so far. Throws when a field is not valid.
 */
export function writeAnswer(reply: Reply, answer: Answer, framed: Framed, events: Events): () => number {
  reply.head(answer.status, framed)
  const { body } = answer
  if (body === null || body instanceof Uint8Array) {
    if (body === null || framed.mode === 'none') reply.end(null)
    else {
      reply.end(body)
      return () => body.length
    }
  } else if (framed.mode === 'none') {
    body.cancel(new Error('an answer without a body was asked for'))
    reply.end(null)
  } else {
    const sink = new AnswerSink(reply, body, framed, events)
    body.pipe(sink)
    setImmediate(() => sink.flushHead())
    return () => sink.sent
  }
  return nothing
}

const nothing = (): number => 0

class AnswerSink implements Sink {
  readonly #reply: Reply
  readonly #body: Body
  readonly #framed: Framed
  readonly #events: Events
  /** Bytes of the body so far. */
  sent = 0

  constructor(reply: Reply, body: Body, framed: Framed, events: Events) {
    this.#reply = reply
    this.#body = body
    this.#framed = framed
    this.#events = events
    reply.onDrained(() => body.resume())
  }

  /** Where no byte of the body is at hand, the head goes out alone: an event stream may be silent for long. */
  flushHead(): void {
    if (this.sent === 0 && !this.#reply.isOver) this.#reply.flush()
  }

  data(chunk: Uint8Array): void {
    if (chunk.byteLength === 0 || this.#reply.isOver) return
    this.sent += chunk.byteLength
    if (this.#framed.mode === 'length' && this.sent > this.#framed.length) {
      const why = new Error(`the body is longer than the ${this.#framed.length} bytes it announced`)
      this.#body.cancel(why)
      this.#events.cut(why)
    } else if (!this.#reply.write(chunk)) this.#body.pause()
  }

  end(trailers: Fields): void {
    if (this.#framed.mode === 'length' && this.sent !== this.#framed.length) {
      this.#events.cut(new Error(`the body ended after ${this.sent} of the ${this.#framed.length} bytes it announced`))
      return
    }
    this.#reply.end(null, this.#framed.mode === 'chunked' ? allowedTrailers(trailers) : [])
  }

  fail(why: Error): void {
    this.#events.cut(why)
  }
}
