// The beginning of an answer's body as text; what comes after it is read and thrown away, so that the connection can be used
// again, and a body that goes on for ever is cut off.

import type { Body } from '../exchange.ts'

/** Bytes beyond which the rest of an answer costs its connection. */
const MOST_DRAINED = 1024 * 1024

/** At most `bytes` of it; null where the body was cut short. */
export function readText(body: Body | Uint8Array | null, bytes: number): Promise<string | null> {
  if (body === null) return Promise.resolve('')
  if (body instanceof Uint8Array) return Promise.resolve(Buffer.from(body.subarray(0, bytes)).toString('utf8'))
  return new Promise(resolve => {
    const chunks: Uint8Array[] = []
    let length = 0
    const text = (): string => Buffer.concat(chunks).subarray(0, bytes).toString('utf8')
    body.pipe({
      data: chunk => {
        if (length < bytes) chunks.push(chunk)
        length += chunk.length
        if (length <= MOST_DRAINED) return
        body.cancel(new Error('more of the answer than is looked at'))
        resolve(text())
      },
      end: () => resolve(text()),
      fail: () => resolve(null),
    })
  })
}
