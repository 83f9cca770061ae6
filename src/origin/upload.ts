// A request body in the shapes that undici takes: bytes where it is all in memory, else a stream that reads it.

import { Readable } from 'node:stream'
import type { Body } from '../exchange.ts'
import { StoredBody } from '../spool/stored.ts'

/** The body to send, for each attempt anew. A stream's length has to be told beside it. */
export function uploadOf(body: Body): { send: Uint8Array | Readable; length: number | undefined } {
  const bytes = body instanceof StoredBody ? body.bytes : undefined
  return bytes === undefined ? { send: new Upload(body), length: body.length } : { send: bytes, length: undefined }
}

/** Attached to the body when it is first read, so a request that never found a connection has taken nothing of it. */
class Upload extends Readable {
  readonly #body: Body
  #isAttached = false

  constructor(body: Body) {
    super({ highWaterMark: 64 * 1024 })
    this.#body = body
  }

  override _read(): void {
    if (this.#isAttached) return this.#body.resume()
    this.#isAttached = true
    this.#body.pipe({
      data: chunk => {
        if (!this.push(chunk)) this.#body.pause()
      },
      end: () => this.push(null),
      fail: why => this.destroy(why),
    })
  }
}
