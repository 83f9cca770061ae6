// A request body that is here already, in the shape of the stream that others come from.

import type { BodySource } from './types.ts'

export class WholeSource implements BodySource {
  readonly rawTrailers: string[] = []
  readonly complete = true
  #bytes: Buffer | undefined
  #data: ((chunk: Buffer) => void) | undefined
  #end: (() => void) | undefined
  #isPaused = false

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get readableLength(): number {
    return this.#bytes?.length ?? 0
  }

  /** All of it is one piece, and that is for whoever asks first. */
  on(_name: 'data', listener: (chunk: Buffer) => void): void {
    this.#data ??= listener
  }

  once(_name: 'end', listener: () => void): void {
    this.#end = listener
    this.resume()
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    const bytes = this.#bytes
    this.#bytes = undefined
    if (bytes !== undefined) this.#data?.(bytes)
    if (this.#isPaused) return
    const end = this.#end
    this.#end = undefined
    end?.()
  }
}
