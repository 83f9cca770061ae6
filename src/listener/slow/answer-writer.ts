// Writes an Answer to a visitor: head at once, body as it comes, held back while the visitor's side is full. An answer
// that breaks off is cut, never ended: a visitor or a cache in front must be able to tell that it is not the whole.

import type { ServerResponse } from 'node:http'
import type { Answer, Body, Sink } from '../../exchange.ts'
import type { Fields } from '../../http/fields.ts'
import { reasonPhrase } from '../../http/status.ts'
import { allowedTrailers } from '../../http/trailers.ts'
import type { Framed } from './framing.ts'

interface Events {
  /** The body broke off; the connection must be destroyed. */
  cut(why: Error): void
}

/**
 * Sends head and body; what comes back tells how many bytes of the body were handed over so far. `response` emits `finish` when the
 * last byte has been taken. Throws when a field is not valid.
 */
export function writeAnswer(response: ServerResponse, answer: Answer, framed: Framed, events: Events): () => number {
  response.sendDate = false
  // What Connection says is in the framed fields; this keeps node:http from adding a line of its own.
  response.removeHeader('connection')
  response.shouldKeepAlive = framed.keepAlive
  response.writeHead(answer.status, reasonPhrase(answer.status), framed.fields)
  const { body } = answer
  if (body === null || body instanceof Uint8Array) {
    if (body === null || framed.mode === 'none') response.end()
    else {
      response.end(body)
      return () => body.length
    }
  } else if (framed.mode === 'none') {
    body.cancel(new Error('an answer without a body was asked for'))
    response.end()
  } else {
    const sink = new AnswerSink(response, body, framed, events)
    body.pipe(sink)
    setImmediate(() => sink.flushHead())
    return () => sink.sent
  }
  return nothing
}

const nothing = (): number => 0

class AnswerSink implements Sink {
  readonly #response: ServerResponse
  readonly #body: Body
  readonly #framed: Framed
  readonly #events: Events
  /** Bytes of the body so far. */
  sent = 0

  constructor(response: ServerResponse, body: Body, framed: Framed, events: Events) {
    this.#response = response
    this.#body = body
    this.#framed = framed
    this.#events = events
    response.on('drain', () => body.resume())
  }

  /** Where no byte of the body is at hand, the head goes out alone: an event stream may be silent for long. */
  flushHead(): void {
    if (this.sent === 0 && !this.#response.writableEnded && !this.#response.destroyed) this.#response.flushHeaders()
  }

  data(chunk: Uint8Array): void {
    if (chunk.byteLength === 0 || this.#response.destroyed) return
    this.sent += chunk.byteLength
    if (this.#framed.mode === 'length' && this.sent > this.#framed.length) {
      const why = new Error(`the body is longer than the ${this.#framed.length} bytes it announced`)
      this.#body.cancel(why)
      this.#events.cut(why)
    } else if (!this.#response.write(chunk)) this.#body.pause()
  }

  end(trailers: Fields): void {
    if (this.#framed.mode === 'length' && this.sent !== this.#framed.length) {
      this.#events.cut(new Error(`the body ended after ${this.sent} of the ${this.#framed.length} bytes it announced`))
      return
    }
    if (this.#framed.mode === 'chunked' && trailers.length > 0) this.#response.addTrailers(inPairs(trailers))
    this.#response.end()
  }

  fail(why: Error): void {
    this.#events.cut(why)
  }
}

function inPairs(fields: Fields): [string, string][] {
  const allowed = allowedTrailers(fields)
  const pairs: [string, string][] = []
  for (let i = 0; i < allowed.length; i += 2) pairs.push([allowed[i]!, allowed[i + 1]!])
  return pairs
}
