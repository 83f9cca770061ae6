// The answer to what is no request, or did not become one in time: the same bytes from either lane, since there is nothing
// in it that a request could have asked for.

import { headText } from '../http/head-text.ts'
import { statusLine } from '../http/status.ts'
import type { ReasonCode } from '../reasons.ts'
import { refusalAnswer } from '../refusal.ts'
import { frame } from './slow/framing.ts'

/** Head and body, after which the connection ends. `date`: the present as an HTTP date. */
export function faultAnswer(code: ReasonCode, date: string): Buffer {
  const answer = refusalAnswer({ fields: [] }, code)
  const to = { method: 'GET', httpVersion: '1.1', keepAlive: false, takesTrailers: false, date } as const
  const head = headText(statusLine(answer.status), frame(answer, to).fields)
  return Buffer.concat([Buffer.from(head, 'latin1'), answer.body as Uint8Array])
}
