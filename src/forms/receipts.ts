// Receipt numbers: the AES-128 block of the form's number under a key that only this data directory has. So a receipt leads
// to its form without an index of random values, which would cost a page on disk for each form, and nobody can guess one:
// of 2^128 blocks only those with eight bytes of zeros in front are numbers at all.

import { createCipheriv, createDecipheriv } from 'node:crypto'
import type { Cipheriv, Decipheriv } from 'node:crypto'

const BLOCK = 16
/** base64url of 16 bytes, but that none begins with a dash: a command line would take it for an option. */
const FORM = /^[\w.][\w-]{21}$/

export const RECEIPT_KEY_BYTES = 16

export class Receipts {
  readonly #encrypt: Cipheriv
  readonly #decrypt: Decipheriv
  readonly #block = Buffer.alloc(BLOCK)

  constructor(key: Uint8Array) {
    // One block at a time is all that a receipt is, so each stands for itself.
    this.#encrypt = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false)
    this.#decrypt = createDecipheriv('aes-128-ecb', key, null).setAutoPadding(false)
  }

  of(number: number): string {
    this.#block.writeBigUInt64BE(BigInt(number), 8)
    return this.#encrypt.update(this.#block).toString('base64url').replace(/^-/, '.')
  }

  /** The number behind a receipt; undefined for whatever was not made here. */
  numberOf(receipt: string): number | undefined {
    if (!FORM.test(receipt)) return undefined
    const block = this.#decrypt.update(Buffer.from(receipt.replace(/^\./, '-'), 'base64url'))
    if (block.readBigUInt64BE(0) !== 0n) return undefined
    const number = Number(block.readBigUInt64BE(8))
    return Number.isSafeInteger(number) && this.of(number) === receipt ? number : undefined
  }
}
