// Takes the chunks of a body apart (RFC 9112 section 7.1), whatever pieces it comes in: a state machine over bytes that moves
// the data together in the buffer it reads, so that one read of a socket is one piece of body. Line breaks are CRLF and
// nothing else, and sizes are digits alone, as there is no honest sender that needs more.

/** Digits of a size: 12 are 2^48 bytes, and leave room for every sum that a double holds exactly. */
const SIZE_DIGITS = 12
/** Bytes of the extensions of a chunk, which nobody uses and nobody may stretch. */
const EXTENSION_BYTES = 1024
/** `;name`, `;name=token` or `;name="text"`, without the spaces that RFC 9112 section 7.1.1 has for old senders only. */
const EXTENSIONS =
  /^(?:;[!#$%&'*+\-.^_`|~\w]+(?:=(?:[!#$%&'*+\-.^_`|~\w]+|"(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t \x21-\x7e\x80-\xff])*"))?)+$/

const CR = 0x0d
const LF = 0x0a
const SEMICOLON = 0x3b

type State = 'size' | 'extension' | 'size lf' | 'data' | 'data cr' | 'data lf' | 'trailers' | 'done'

/** What is wrong, by where it is. */
const FAULTS: Readonly<Record<State, string>> = {
  size: 'a chunk has no valid size',
  extension: 'a chunk has an extension that is none',
  'size lf': 'the size of a chunk does not end with its line',
  data: 'a chunk has no data',
  'data cr': 'a chunk is longer than it says',
  'data lf': 'a chunk is longer than it says',
  trailers: 'the trailers are too long',
  done: 'the body has ended',
}

export class Chunks {
  /** Where the data that `read` found last ends in its buffer; it begins where that was told to read. */
  dataEnd = 0
  /** The trailer section, its last empty line included, as far as it came. */
  trailers = ''
  readonly #trailerBytes: number
  #state: State = 'size'
  #size = 0
  /** Digits of the size so far. */
  #digits = 0
  #extensions = ''

  /** `trailerBytes`: the longest trailer section. */
  constructor(trailerBytes: number) {
    this.#trailerBytes = trailerBytes
  }

  get isDone(): boolean {
    return this.#state === 'done'
  }

  /** Reads bytes[at, to) and overwrites them with the data in them. Where it stopped; a string says why they are no chunks. */
  read(bytes: Buffer, at: number, to: number): number | string {
    this.dataEnd = at
    while (at < to && this.#state !== 'done') {
      if (this.#state === 'data') at = this.#data(bytes, at, to)
      else if (!this.#step(bytes[at++]!)) return FAULTS[this.#state]
    }
    return at
  }

  /** As much of the chunk as is there, moved to behind what was found before. */
  #data(bytes: Buffer, at: number, to: number): number {
    const taken = Math.min(this.#size, to - at)
    if (at !== this.dataEnd) bytes.copyWithin(this.dataEnd, at, at + taken)
    this.dataEnd += taken
    this.#size -= taken
    if (this.#size === 0) this.#state = 'data cr'
    return at + taken
  }

  /** One byte of what is between the data. False: it must not be there. */
  #step(byte: number): boolean {
    switch (this.#state) {
      case 'size':
        return this.#sizeByte(byte)
      case 'extension':
        return this.#extensionByte(byte)
      case 'size lf':
        return byte === LF && this.#to(this.#size === 0 ? 'trailers' : 'data')
      case 'data cr':
        return byte === CR && this.#to('data lf')
      case 'data lf':
        return byte === LF && this.#to('size')
      case 'trailers':
        return this.#trailerByte(byte)
      case 'data':
      case 'done':
        return false
    }
  }

  #sizeByte(byte: number): boolean {
    const digit = digitOf(byte)
    if (digit !== -1) {
      if (this.#digits++ === 0) this.#size = 0
      this.#size = this.#size * 16 + digit
      return this.#digits <= SIZE_DIGITS
    }
    if (this.#digits === 0) return false
    this.#digits = 0
    if (byte === CR) return this.#to('size lf')
    this.#extensions = ';'
    return byte === SEMICOLON && this.#to('extension')
  }

  #extensionByte(byte: number): boolean {
    if (byte === CR) return EXTENSIONS.test(this.#extensions) && this.#to('size lf')
    this.#extensions += String.fromCharCode(byte)
    return this.#extensions.length <= EXTENSION_BYTES
  }

  #trailerByte(byte: number): boolean {
    this.trailers += String.fromCharCode(byte)
    if (byte === LF && (this.trailers === '\r\n' || this.trailers.endsWith('\r\n\r\n'))) return this.#to('done')
    return this.trailers.length <= this.#trailerBytes
  }

  #to(state: State): true {
    this.#state = state
    return true
  }
}

/** The value of a hexadecimal digit, -1 for any other byte. */
function digitOf(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const letter = byte | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}
