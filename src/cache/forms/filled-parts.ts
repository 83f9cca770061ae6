// A multipart form that gets its tokens while it flows: at the first field that waits for one the sender is asked to hold back until
// they have come. So a form is filled whatever files are in it, and none of them lies in memory.

import type { Body, Sink } from '../../exchange.ts'
import type { Fields } from '../../http/fields.ts'
import { partOf } from '../../http/formdata.ts'
import { PartsReader } from './parts.ts'
import type { PartsHole } from './parts.ts'

/** The tokens by name; undefined where there are none: the form goes on as it came. Null: it is not to go on. */
export type AskTokens = () => Promise<ReadonlyMap<string, string> | undefined | null>

export class FilledParts implements Body, Sink {
  /** Nobody knows beforehand whether tokens are missing. */
  readonly length = undefined
  readonly #source: Body
  readonly #boundary: string
  readonly #reader: PartsReader
  readonly #ask: AskTokens
  #sink: Sink | null = null
  #trailers: Fields | undefined
  #isWaiting = false
  #isPaused = false

  constructor(source: Body, boundary: string, names: readonly string[], ask: AskTokens) {
    this.#source = source
    this.#boundary = boundary
    this.#reader = new PartsReader(boundary, names)
    this.#ask = ask
  }

  pipe(sink: Sink): void {
    this.#sink = sink
    this.#source.pipe(this)
  }

  pause(): void {
    this.#isPaused = true
    this.#source.pause()
  }

  resume(): void {
    this.#isPaused = false
    if (!this.#isWaiting) this.#source.resume()
  }

  cancel(why: Error): void {
    this.#sink = null
    this.#source.cancel(why)
  }

  data(chunk: Uint8Array): void {
    this.#reader.write(chunk)
    this.#goOn()
  }

  end(trailers: Fields): void {
    this.#trailers = trailers
    this.#reader.end()
    this.#goOn()
  }

  fail(why: Error): void {
    const sink = this.#sink
    this.#sink = null
    sink?.fail(why)
  }

  #goOn(): void {
    while (!this.#isWaiting && this.#sink !== null) {
      const found = this.#reader.next()
      if (found === undefined) return this.#endIfWhole()
      if (found instanceof Uint8Array) this.#sink.data(found)
      else this.#waitFor(found)
    }
  }

  #endIfWhole(): void {
    if (this.#trailers === undefined) return
    const sink = this.#sink
    this.#sink = null
    sink?.end(this.#trailers)
  }

  #waitFor(hole: PartsHole): void {
    this.#isWaiting = true
    this.#source.pause()
    this.#ask().then(
      values => this.#fill(hole, values),
      (why: Error) => this.#stop(why),
    )
  }

  #fill({ names, inside }: PartsHole, values: ReadonlyMap<string, string> | undefined | null): void {
    if (values === null) return this.#stop(new Error('the form got no tokens'))
    for (const name of names) {
      const value = values?.get(name)
      if (value === undefined) continue
      const text = inside ? value : partOf(this.#boundary, name, value)
      if (text !== '') this.#sink?.data(Buffer.from(text, 'latin1'))
    }
    this.#isWaiting = false
    if (!this.#isPaused && this.#trailers === undefined) this.#source.resume()
    this.#goOn()
  }

  #stop(why: Error): void {
    this.fail(why)
    this.#source.cancel(why)
  }
}
