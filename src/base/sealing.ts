// Encryption that also tells whether anything was changed: AES-256-GCM under a key that is derived from a secret of the operator's (HKDF,
// RFC 5869), one for each purpose. What is sealed names the version of this format and, without giving it away, its key; and it opens only
// as what it was sealed as. Each content has a nonce of its own, drawn at random (NIST SP 800-38D, 8.2.2).

import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

const NONCE = 12
const TAG = 16
const BEGINNING = 0xb7
const VERSION = 1
const MARK = 4
const HEAD = 2 + MARK

/** Bytes that it takes more than what is in it. */
export const SEAL_MORE = HEAD + NONCE + TAG

export interface SealKey {
  readonly key: Buffer
  /** Names it. */
  readonly mark: Buffer
}

/** So many bytes of a secret, for a purpose and what they are for in it. */
export const derived = (secret: string | Uint8Array, purpose: string, what: string, length: number): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, purpose, what, length))

export const sealKey = (secret: string, purpose: string): SealKey => ({
  key: derived(secret, purpose, 'content', 32),
  mark: derived(secret, purpose, 'mark', MARK),
})

/** Whether it was sealed as we do it. */
export const isSealed = (bytes: Uint8Array): boolean =>
  bytes.length > HEAD && bytes[0] === BEGINNING && bytes[1] === VERSION

/** `what` binds it to its place. */
export function seal({ key, mark }: SealKey, content: Uint8Array, what: string, nonce = randomBytes(NONCE)): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(what))
  const sealed = cipher.update(content)
  cipher.final()
  return Buffer.concat([Buffer.of(BEGINNING, VERSION), mark, nonce, sealed, cipher.getAuthTag()])
}

/** `changed`: or it was sealed as something else. */
export type NotOpened = 'plain' | 'other-version' | 'other-key' | 'changed'

export function unseal({ key, mark }: SealKey, bytes: Buffer, what: string): Buffer | NotOpened {
  if (bytes[0] !== BEGINNING) return 'plain'
  if (bytes[1] !== VERSION) return 'other-version'
  if (bytes.length < SEAL_MORE) return 'changed'
  if (!bytes.subarray(2, HEAD).equals(mark)) return 'other-key'
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(HEAD, HEAD + NONCE), { authTagLength: TAG })
    .setAAD(Buffer.from(what))
    .setAuthTag(bytes.subarray(bytes.length - TAG))
  try {
    const content = decipher.update(bytes.subarray(HEAD + NONCE, bytes.length - TAG))
    decipher.final()
    return content
  } catch {
    return 'changed'
  }
}
