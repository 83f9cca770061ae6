// The chunked body of a response (RFC 9112 section 7.1): passed over, but only as far as it goes, and only if its
// framing is exact. A size is digits, perhaps an extension, CRLF; nothing else.

const CR = 13
const LF = 10
const SEMICOLON = 59

/** 12 hex digits: 256 TiB, still exact in a double. */
const MOST_SIZE_DIGITS = 12

/** Of one chunk's extension, and of the trailer section: what a head may have. */
const MOST_LINE_BYTES = 64 * 1024

type Stage = 'size' | 'extension' | 'size-end' | 'data' | 'data-cr' | 'data-lf' | 'trailer' | 'done'

export class ChunkedBody {
  #stage: Stage = 'done'
  #left = 0
  /** Of the size, extension or trailer line being read. */
  #lineBytes = 0

  get done(): boolean {
    return this.#stage === 'done'
  }

  begin(): void {
    this.#enter('size')
    this.#left = 0
  }

  /**
   * Reads from `at` up to `to`; gives back where it stopped (the end of the body or `to`), or -1 for malformed. `onData`
   * is told where the data between the framing stands.
   */
  read(bytes: Buffer, at: number, to: number, onData?: (bytes: Buffer, from: number, to: number) => void): number {
    while (at < to && this.#stage !== 'done') {
      if (this.#stage === 'data') {
        const next = this.#skipData(at, to)
        onData?.(bytes, at, next)
        at = next
      } else if (this.#take(bytes[at]!)) at++
      else return -1
    }
    return at
  }

  #skipData(at: number, to: number): number {
    const taken = Math.min(this.#left, to - at)
    this.#left -= taken
    if (this.#left === 0) this.#enter('data-cr')
    return at + taken
  }

  /** One byte of the framing; false when it may not stand there. */
  #take(byte: number): boolean {
    if (this.#stage === 'size') return this.#takeSize(byte)
    if (this.#stage === 'extension') return this.#takeExtension(byte)
    if (this.#stage === 'size-end') return this.#enter(this.#left === 0 ? 'trailer' : 'data') && byte === LF
    if (this.#stage === 'data-cr') return this.#enter('data-lf') && byte === CR
    if (this.#stage === 'data-lf') return this.#enter('size') && byte === LF
    return this.#takeTrailer(byte)
  }

  #takeSize(byte: number): boolean {
    const digit = hexDigit(byte)
    if (digit >= 0) {
      this.#left = this.#left * 16 + digit
      return ++this.#lineBytes <= MOST_SIZE_DIGITS
    }
    if (this.#lineBytes === 0) return false
    if (byte === CR) return this.#enter('size-end')
    return this.#enter('extension') && byte === SEMICOLON
  }

  #takeExtension(byte: number): boolean {
    return byte === CR ? this.#enter('size-end') : byte !== LF && ++this.#lineBytes <= MOST_LINE_BYTES
  }

  /** Trailer fields are passed over; an empty line ends them. */
  #takeTrailer(byte: number): boolean {
    if (byte === LF) return this.#enter(this.#lineBytes === 0 ? 'done' : 'trailer')
    return byte === CR || ++this.#lineBytes <= MOST_LINE_BYTES
  }

  /** Always true, so that it can stand in a condition. */
  #enter(stage: Stage): true {
    this.#stage = stage
    this.#lineBytes = 0
    return true
  }
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48
  const lower = byte | 32
  return lower >= 97 && lower <= 102 ? lower - 87 : -1
}
