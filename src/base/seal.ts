// What forms say, on disk: as it came, or encrypted with AES-256-GCM under a key of the operator's. Each content has a nonce of its own,
// drawn at random; at 2^32 contents two would share one with a chance of 2^-33 (NIST SP 800-38D, 8.3), and the journal holds 10^8.
// Without the key nothing tells two forms apart either: what makes forms the same is a keyed hash then.

import { createHmac, hash } from 'node:crypto'
import { SEAL_MORE, derived, isSealed, seal, sealKey, unseal } from './sealing.ts'
import type { SealKey } from './sealing.ts'

const PURPOSE = 'breakwater journal'

/** Plain bytes of one block of a file, and what it takes on disk more. */
export const BLOCK = 64 * 1024
export const BLOCK_MORE = SEAL_MORE

interface Keys {
  readonly seal: SealKey
  readonly digest: Buffer
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
    return this.#keys?.seal.mark.toString('hex') ?? ''
  }

  /** `what` binds it to its place: the form's number, and whether it is head or body. */
  close(content: Uint8Array, what: string): Uint8Array {
    return this.#keys === null ? content : seal(this.#keys.seal, content, what)
  }

  /** Throws `Sealed`. What was written before there was a key is as it came. */
  open(stored: Uint8Array, what: string): Buffer {
    const bytes = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength)
    if (!isSealed(bytes)) return bytes
    const found = this.#keys === null ? 'other-key' : unseal(this.#keys.seal, bytes, what)
    if (typeof found !== 'string') return found
    throw new Sealed(
      found === 'changed' ? 'it was changed on disk' : 'it was encrypted with another key than journal.key',
    )
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

const keysOf = (secret: string): Keys => ({
  seal: sealKey(secret, PURPOSE),
  digest: derived(secret, PURPOSE, 'digest', 32),
})
