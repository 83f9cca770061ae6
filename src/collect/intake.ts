// Takes the body of a form in: into memory as far as it may travel in a message, beyond that into a file of the journal.
// A multipart body is read on its way.

import type { Seal } from '../base/seal.ts'
import type { Body, Sink } from '../exchange.ts'
import type { ReasonCode } from '../reasons.ts'
import type { Quota } from '../spool/quota.ts'
import { FORM_IN_MEMORY } from '../threads/forms.ts'
import { BodyFile } from './body-file.ts'
import { readContent } from './content.ts'
import type { FormContent } from './content.ts'
import type { Format } from './media.ts'
import { Multipart } from './multipart.ts'

/** An urlencoded or JSON form is looked at in one piece; a larger one than this is no form. */
const MOST_TEXT = 1024 * 1024

/** A form that is here as a whole. Its file, if it has one, is synced. */
export interface Whole {
  readonly content: FormContent
  /** Empty where it lies in the file. */
  readonly bytes: Buffer
  readonly length: number
  readonly file: BodyFile | null
}

export interface IntakeBounds {
  /** Bytes, for this form. */
  readonly most: number
  /** Memory for all that come in at once. */
  readonly memory: Quota
  /** The folder of the journal's files, and what they are encrypted with. */
  readonly folder: string
  readonly seal: Seal
}

export class Intake implements Sink {
  readonly #format: Format
  readonly #bounds: IntakeBounds
  readonly #multipart: Multipart | null
  readonly #done = Promise.withResolvers<Whole | ReasonCode | 'gone'>()
  #source: Body | null = null
  #chunks: Uint8Array[] = []
  #length = 0
  #held = 0
  #file: BodyFile | null = null

  /** Throws where a multipart type names no boundary. */
  constructor(format: Format, bounds: IntakeBounds) {
    this.#format = format
    this.#bounds = bounds
    this.#multipart = format.type === 'multipart' ? new Multipart(format.contentType) : null
  }

  /** The whole form, why it is not taken, or that its sender went. Once only. */
  async take(source: Body | null): Promise<Whole | ReasonCode | 'gone'> {
    if (source === null) await this.#finish()
    else {
      this.#source = source
      source.pipe(this)
    }
    const taken = await this.#done.promise
    this.#bounds.memory.give(this.#held)
    return taken
  }

  data(chunk: Uint8Array): void {
    if (this.#source === null) return
    this.#length += chunk.length
    const most = this.#multipart === null ? Math.min(this.#bounds.most, MOST_TEXT) : this.#bounds.most
    if (this.#length > most) return this.#refuse('form-too-large')
    this.#multipart?.write(chunk)
    if (this.#file === null && this.#length > FORM_IN_MEMORY) this.#toFile()
    if (this.#file !== null) this.#append(this.#file, chunk)
    if (this.#file === null || this.#multipart === null) this.#hold(chunk)
  }

  end(): void {
    if (this.#source !== null) void this.#finish()
    this.#source = null
  }

  fail(): void {
    if (this.#source !== null) this.#giveUp('gone')
  }

  #hold(chunk: Uint8Array): void {
    if (!this.#bounds.memory.take(chunk.length)) return this.#refuse('journal-busy')
    this.#held += chunk.length
    this.#chunks.push(chunk)
  }

  #toFile(): void {
    this.#file = new BodyFile(this.#bounds.folder, this.#bounds.seal, () => this.#source?.resume())
    for (const chunk of this.#chunks) this.#append(this.#file, chunk)
    if (this.#multipart !== null) this.#chunks = []
  }

  #append(file: BodyFile, chunk: Uint8Array): void {
    file.append(chunk)
    if (file.isBehind) this.#source?.pause()
  }

  async #finish(): Promise<void> {
    const bytes =
      this.#chunks.length === 1
        ? Buffer.from(this.#chunks[0]!.buffer, this.#chunks[0]!.byteOffset, this.#chunks[0]!.byteLength)
        : Buffer.concat(this.#chunks)
    const content =
      this.#format.type === 'multipart' ? await this.#multipart!.end() : readContent(bytes, this.#format.type)
    if (content === undefined) return this.#giveUp('form-broken')
    const file = this.#file
    try {
      await file?.sync()
    } catch {
      return this.#giveUp('journal-off')
    }
    this.#done.resolve({ content, bytes: file === null ? bytes : Buffer.alloc(0), length: this.#length, file })
  }

  #refuse(reason: ReasonCode): void {
    this.#source?.cancel(new Error(reason))
    this.#giveUp(reason)
  }

  #giveUp(why: ReasonCode | 'gone'): void {
    this.#source = null
    this.#multipart?.destroy()
    void this.#file?.remove()
    this.#done.resolve(why)
  }
}
