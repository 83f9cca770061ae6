// A multipart form on its way, read for the fields that hold tokens: the bytes go on as they come, however many there are; what is
// held back is the header of one part, or as much as may be the beginning of a boundary. A state machine without a socket.

import { partName } from '../../http/formdata.ts'

/** Bytes of the header of one part: browsers write a few hundred. Behind a longer one nothing is looked for any more. */
const LONGEST_HEAD = 16 * 1024

/** A place for what is missing. `inside`: the part is there, with nothing in it; else parts of these names belong here. */
export interface PartsHole {
  readonly names: readonly string[]
  readonly inside: boolean
}

type Found = Uint8Array | PartsHole | undefined

const LINE_END = Buffer.from('\r\n')
const HEAD_END = Buffer.from('\r\n\r\n')

export class PartsReader {
  readonly #delimiter: Buffer
  /** Not met so far. */
  readonly #wanted: Set<string>
  /** Not handed on. The first boundary has no line end before it: one is put there, and taken off again. */
  #bytes: Buffer = Buffer.from(LINE_END)
  #before = LINE_END.length
  #come: Uint8Array[] = []
  #isWhole = false
  #state: 'content' | 'delimiter' | 'field' | 'rest' = 'content'
  #field = ''

  /** `names` of the fields that are to be filled where they are empty or missing; as the bytes of the form have them, in latin1. */
  constructor(boundary: string, names: readonly string[]) {
    this.#delimiter = Buffer.from(`\r\n--${boundary}`, 'latin1')
    this.#wanted = new Set(names)
  }

  write(chunk: Uint8Array): void {
    this.#come.push(chunk)
  }

  /** Nothing more comes. */
  end(): void {
    this.#isWhole = true
  }

  /** The next bytes as they came, a place for what is missing, or undefined until more has come. */
  next(): Found {
    if (this.#come.length > 0) this.#bytes = Buffer.concat([this.#bytes, ...this.#come.splice(0)])
    switch (this.#state) {
      case 'content':
        return this.#content()
      case 'delimiter':
        return this.#behindDelimiter()
      case 'field':
        return this.#inField()
      case 'rest':
        return this.#take(this.#bytes.length)
    }
  }

  #content(): Found {
    const at = this.#bytes.indexOf(this.#delimiter)
    if (at === -1) {
      const held = this.#isWhole ? 0 : this.#delimiter.length - 1
      return this.#take(this.#bytes.length - held)
    }
    this.#state = 'delimiter'
    if (at > this.#before) return this.#take(at)
    this.#bytes = this.#bytes.subarray(at)
    // A body that begins with a line end needs none of ours.
    if (at > 0) this.#before = 0
    return this.next()
  }

  /** A boundary with the header of its part, or the last one. */
  #behindDelimiter(): Found {
    const from = this.#delimiter.length
    const mark = this.#bytes.toString('latin1', from, from + 2)
    if (mark === '--') {
      this.#state = 'rest'
      // A form without any part is left as it is.
      const names = this.#before > 0 ? [] : [...this.#wanted]
      return names.length > 0 ? { names, inside: false } : this.next()
    }
    const end = this.#bytes.indexOf(HEAD_END, from)
    if (end === -1) return this.#bytes.length > LONGEST_HEAD ? this.#giveUp() : this.#lastOf()
    if (end > LONGEST_HEAD) return this.#giveUp()
    const found = partName(this.#bytes.toString('latin1', from, end))
    const isWanted = found !== undefined && !found.isFile && this.#wanted.delete(found.name)
    this.#field = isWanted ? found.name : ''
    this.#state = isWanted ? 'field' : 'content'
    return this.#take(end + HEAD_END.length)
  }

  /** Behind the header of a part that is to be filled if nothing is in it. */
  #inField(): Found {
    const { length } = this.#delimiter
    if (this.#bytes.length < length && !this.#isWhole) return undefined
    const isEmpty = this.#bytes.subarray(0, length).equals(this.#delimiter)
    this.#state = isEmpty ? 'delimiter' : 'content'
    return isEmpty ? { names: [this.#field], inside: true } : this.next()
  }

  #giveUp(): Found {
    this.#state = 'rest'
    return this.next()
  }

  /** What is held back goes on when nothing more comes. */
  #lastOf(): Uint8Array | undefined {
    return this.#isWhole ? this.#take(this.#bytes.length) : undefined
  }

  #take(bytes: number): Uint8Array | undefined {
    if (bytes <= this.#before) return undefined
    const taken = this.#bytes.subarray(this.#before, bytes)
    this.#bytes = this.#bytes.subarray(bytes)
    this.#before = 0
    return taken
  }
}
