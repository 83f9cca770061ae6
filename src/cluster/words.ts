// What lies on the server and is nobody else's business: sealed under a key of the secret that all nodes have (`cluster.secret`), as text.

import { seal, sealKey, unseal } from '../base/sealing.ts'
import type { NotOpened } from '../base/sealing.ts'

const PURPOSE = 'breakwater cluster'

export class Words {
  readonly #key

  constructor(secret: string) {
    this.#key = sealKey(secret, PURPOSE)
  }

  /** Names the secret without giving it away. */
  get mark(): string {
    return this.#key.mark.toString('hex')
  }

  /** `what`: as what it can be opened again. */
  close(text: string, what: string): string {
    return seal(this.#key, Buffer.from(text), what).toString('base64')
  }

  /** Undefined where it is none of ours, or was changed; `why` hears how. */
  open(sealed: string, what: string, why?: (how: NotOpened) => void): string | undefined {
    const found = unseal(this.#key, Buffer.from(sealed, 'base64'), what)
    if (typeof found !== 'string') return found.toString()
    why?.(found)
    return undefined
  }
}
