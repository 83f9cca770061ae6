// A body read to its end before anything is done with it, as pages are that are compared and changed before they are stored.

import type { Answer } from '../exchange.ts'

/** The whole body; `too-large` beyond `most` bytes, when the rest is not read; `cut-short` where it broke off. */
export function readWhole(body: Answer['body'], most: number): Promise<Buffer | 'too-large' | 'cut-short'> {
  if (body === null) return Promise.resolve(Buffer.alloc(0))
  if (body instanceof Uint8Array) return Promise.resolve(body.length > most ? 'too-large' : Buffer.from(body))
  const pieces: Uint8Array[] = []
  let length = 0
  return new Promise(resolve => {
    body.pipe({
      data: piece => {
        pieces.push(piece)
        length += piece.length
        if (length <= most) return
        pieces.length = 0
        body.cancel(new Error('the body is too large to be looked at'))
        resolve('too-large')
      },
      end: () => resolve(Buffer.concat(pieces)),
      fail: () => resolve('cut-short'),
    })
  })
}
