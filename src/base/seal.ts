// What forms say, on disk: as it came, or encrypted with AES-256-GCM under a key of the operator's. Each content has a nonce of its own,
// drawn at random; at 2^32 contents two would share one with a chance of 2^-33 (NIST SP 800-38D, 8.3), and the journal holds 10^8.
// Without the key nothing tells two forms apart either: what makes forms the same is a keyed hash then.

import { createCipheriv, createDecipheriv, createHmac, hash, hkdfSync, randomBytes } from 'node:crypto'

const NONCE = 12
const TAG = 16
/** In front of what is encrypted, with a mark of the key. What is not begins otherwise: a head is JSON. */
const MARK = Buffer.from([0xb7, 1])
const KEY_MARK = 4
const OVERHEAD = MARK.length + KEY_MARK + NONCE + TAG

/** Plain bytes of one block of a file, and what it takes on disk more. */
export const BLOCK = 64 * 1024
export const BLOCK_MORE = OVERHEAD

interface Keys {
  readonly content: Buffer
  readonly digest: Buffer
  readonly mark: Buffer
}

/** The content was encrypted with another key, or was changed. */
class Sealed extends Error {}

export class Seal {
  readonly #keys: Keys | null

  /** `secret` of the config; undefined where nothing is encrypted. */
  constructor(secret: string | undefined) {
    this.#keys = secret === undefined ? null : keysOf(secret)
  }

  get isOn(): boolean {
    return this.#keys !== null
  }

  /** What names the key without giving it away; empty where there is none. */
  get mark(): string {
    return this.#keys?.mark.toString('hex') ?? ''
  }

  /** `what` binds it to its place: the form's number, and whether it is head or body. */
  close(content: Uint8Array, what: string): Uint8Array {
    if (this.#keys === null) return content
    const nonce = randomBytes(NONCE)
    const cipher = createCipheriv('aes-256-gcm', this.#keys.content, nonce).setAAD(Buffer.from(what))
    const sealed = cipher.update(content)
    cipher.final()
    return Buffer.concat([MARK, this.#keys.mark, nonce, sealed, cipher.getAuthTag()])
  }

  /** Throws `Sealed`. What was written before there was a key is as it came. */
  open(stored: Uint8Array, what: string): Buffer {
    const bytes = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength)
    if (!isSealed(bytes)) return bytes
    const mark = bytes.subarray(MARK.length, MARK.length + KEY_MARK)
    if (this.#keys === null || !mark.equals(this.#keys.mark))
      throw new Sealed('it was encrypted with another key than journal.key')
    const nonce = bytes.subarray(MARK.length + KEY_MARK, MARK.length + KEY_MARK + NONCE)
    const decipher = createDecipheriv('aes-256-gcm', this.#keys.content, nonce, { authTagLength: TAG })
      .setAAD(Buffer.from(what))
      .setAuthTag(bytes.subarray(bytes.length - TAG))
    try {
      const content = decipher.update(bytes.subarray(OVERHEAD - TAG, bytes.length - TAG))
      decipher.final()
      return content
    } catch {
      throw new Sealed('it was changed on disk')
    }
  }

  /** 16 bytes that tell one content from another. A body or a file, never both. */
  digest(body: Uint8Array, file: string | null): Buffer {
    const content = file ?? body
    const whole =
      this.#keys === null
        ? hash('sha256', content, 'buffer')
        : createHmac('sha256', this.#keys.digest).update(content).digest()
    return whole.subarray(0, 16)
  }

  /** What a form is known by, as it stands in the index. */
  known(key: string | null): string | null {
    if (key === null || this.#keys === null) return key
    return createHmac('sha256', this.#keys.digest).update(`key\n${key}`).digest('base64url').slice(0, 24)
  }
}

/** Whether it was encrypted at all: a form may be older than the key. */
export const isSealed = (bytes: Uint8Array): boolean =>
  bytes.length > MARK.length && bytes[0] === MARK[0] && bytes[1] === MARK[1]

function keysOf(secret: string): Keys {
  const derived = (what: string, length: number): Buffer =>
    Buffer.from(hkdfSync('sha256', secret, 'breakwater journal', what, length))
  return { content: derived('content', 32), digest: derived('digest', 32), mark: derived('mark', KEY_MARK) }
}
