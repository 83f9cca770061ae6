// Reads a multipart form while it comes in, chunk by chunk: its fields, and how large its files are. The bytes themselves go
// to disk as they came; nothing of them is kept here.

import { Busboy } from '@fastify/busboy'
import { MOST_FIELDS, add } from './content.ts'
import type { FormContent } from './content.ts'

/** Characters of a field's value that are looked at; a longer one makes the form invalid. */
const LONGEST_FIELD = 64 * 1024
const MOST_FILES = 100

export class Multipart {
  readonly #values = new Map<string, string[]>()
  readonly #files = new Map<string, number[]>()
  readonly #parser: InstanceType<typeof Busboy>
  readonly #ended = Promise.withResolvers<boolean>()
  #isWhole = true

  /** Throws where the Content-Type names no boundary. */
  constructor(contentType: string) {
    const limits = { fieldSize: LONGEST_FIELD, fields: MOST_FIELDS, files: MOST_FILES, parts: MOST_FIELDS + MOST_FILES }
    this.#parser = new Busboy({ headers: { 'content-type': contentType }, limits: { ...limits, headerPairs: 50 } })
    this.#parser.on('field', (name, value, isNameCut, isValueCut) => {
      if (isNameCut || isValueCut) this.#isWhole = false
      add(this.#values, name, value)
    })
    this.#parser.on('file', (name, stream, filename) => {
      let bytes = 0
      stream.on('data', (chunk: Buffer) => (bytes += chunk.length))
      // A file field that nobody filled in comes as an empty file without a name.
      stream.on('end', () => (filename === '' && bytes === 0 ? undefined : add(this.#files, name, bytes)))
      stream.on('error', () => this.#ended.resolve(false))
    })
    for (const limit of ['partsLimit', 'filesLimit', 'fieldsLimit'] as const)
      this.#parser.on(limit, () => (this.#isWhole = false))
    this.#parser.on('error', () => this.#ended.resolve(false))
    this.#parser.on('finish', () => this.#ended.resolve(this.#isWhole))
  }

  write(chunk: Uint8Array): void {
    this.#parser.write(chunk)
  }

  /** All has come. Undefined where it was no whole multipart body, or one beyond the bounds. */
  async end(): Promise<FormContent | undefined> {
    this.#parser.end()
    return (await this.#ended.promise) ? { values: this.#values, files: this.#files } : undefined
  }

  /** Nobody wants it any more. */
  destroy(): void {
    this.#ended.resolve(false)
    this.#parser.destroy()
  }
}
