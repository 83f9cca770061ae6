// What nghttp2 sends on a connection, in whole frames, so that others may stand between them. The window of the connection (RFC 9113
// section 6.9) is kept here: nghttp2 is given back what it has used of one of its own as soon as that is written, and its frames wait here
// while the visitor's is used up.

import { FRAME_HEAD, Flags, Type, lengthAt, word31At } from './frames.ts'

const EMPTY = Buffer.alloc(0)
/** Of a connection at its beginning. */
const FIRST_WINDOW = 65_535
const MOST_WINDOW = 2 ** 31 - 1

/** Frames to be written, and what to tell nghttp2. */
export interface Outlet {
  write(bytes: Buffer): void
  /** So many bytes of bodies have left. */
  used(bytes: number): void
  /** The answer on this stream ends, or nghttp2 gives it up. */
  ended(stream: number): void
  reset(stream: number): void
  /** nghttp2 takes no new streams. */
  leaving(): void
}

export class Outgoing {
  readonly #outlet: Outlet
  /** Bytes of bodies that the visitor takes now. */
  window = FIRST_WINDOW
  #rest: Buffer = EMPTY
  /** Whole frames that wait for the window, the first of them one of a body; bounded by the window that nghttp2 has. */
  #held: Buffer[] = []
  heldBytes = 0

  constructor(outlet: Outlet) {
    this.#outlet = outlet
  }

  take(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    // [begin, at) are whole frames that may be written; a head begun at `head` is not whole.
    let [begin, at, used] = [0, 0, 0]
    let head: number | undefined
    while (bytes.length - at >= FRAME_HEAD) {
      const end = at + FRAME_HEAD + lengthAt(bytes, at)
      if (end > bytes.length) break
      const [type, stream] = [bytes[at + 3]!, word31At(bytes, at + 5)]
      const first = head ?? at
      if ((type === Type.headers || type === Type.continuation) && (bytes[at + 4]! & Flags.endHeaders) === 0) {
        head = first
        at = end
        continue
      }
      head = undefined
      const payload = type === Type.data ? end - at - FRAME_HEAD : 0
      if (this.#mustWait(payload, stream)) {
        if (first > begin) this.#outlet.write(bytes.subarray(begin, first))
        this.#hold(bytes.subarray(first, end))
        begin = end
      } else {
        this.window -= payload
        used += payload
        this.#note(bytes[first + 3]!, bytes[first + 4]!, stream)
      }
      at = end
    }
    const whole = head ?? at
    if (whole > begin) this.#outlet.write(bytes.subarray(begin, whole))
    this.#rest = whole === bytes.length ? EMPTY : bytes.subarray(whole)
    if (used > 0) this.#outlet.used(used)
  }

  /** The visitor takes more. False: more than there may be (section 6.9.1). */
  widen(bytes: number): boolean {
    this.window += bytes
    if (this.window > MOST_WINDOW) return false
    let used = 0
    while (this.#held.length > 0) {
      const frames = this.#held[0]!
      const [type, flags, stream] = [frames[3]!, frames[4]!, word31At(frames, 5)]
      const payload = type === Type.data ? frames.length - FRAME_HEAD : 0
      if (payload > this.window) break
      this.#held.shift()
      this.heldBytes -= frames.length
      this.window -= payload
      used += payload
      this.#note(type, flags, stream)
      this.#outlet.write(frames)
    }
    if (used > 0) this.#outlet.used(used)
    return true
  }

  /** What concerns the connection as a whole waits for nobody; the rest keeps its order. */
  #mustWait(payload: number, stream: number): boolean {
    return payload > this.window || (this.#held.length > 0 && stream !== 0)
  }

  #hold(frames: Buffer): void {
    // A copy: what it was cut from may be much larger.
    this.#held.push(Buffer.from(frames))
    this.heldBytes += frames.length
  }

  #note(type: number, flags: number, stream: number): void {
    if (type === Type.goAway) this.#outlet.leaving()
    else if (type === Type.reset) this.#outlet.reset(stream)
    else if ((type === Type.data || type === Type.headers) && flags & Flags.endStream) this.#outlet.ended(stream)
  }
}
