// A form that was sent without a session: its fields are kept in the page that answers it, so that they are sent again when
// its visitor is called. Only forms of the site's own pages are: a page of ours that sent on what a foreign site had its
// visitor's browser post would make a forged request look like an honest one.

import type { Body, Exchange } from '../../exchange.ts'
import { first } from '../../http/fields.ts'

export interface KeptForm {
  readonly pairs: readonly (readonly [name: string, value: string])[]
}

/** Bytes of a form that is kept: what people type fits, and the page stays light. */
const LARGEST = 64 * 1024
const MOST_PAIRS = 1000

/** The form in the body, or `not-kept`; undefined where nothing was sent. */
export async function formOf({
  method,
  body,
  fields,
  host,
  client,
}: Exchange): Promise<KeptForm | 'not-kept' | undefined> {
  if (body === null) return undefined
  const type = first(fields, 'content-type')?.toLowerCase().split(';', 1)[0]?.trim()
  const isOwn = isFromOwnPage(first(fields, 'sec-fetch-site'), first(fields, 'origin'), `${client.scheme}://${host}`)
  const isForm = method === 'POST' && type === 'application/x-www-form-urlencoded' && isOwn
  if (!isForm || (body.length ?? 0) > LARGEST) return 'not-kept'
  const text = await textOf(body)
  if (text === undefined) return 'not-kept'
  const pairs = pairsOf(text)
  return pairs === undefined || pairs.length > MOST_PAIRS ? 'not-kept' : { pairs }
}

/** Undefined for bytes that are not UTF-8: they would come out changed. */
function pairsOf(text: string): [string, string][] | undefined {
  try {
    decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
  return [...new URLSearchParams(text)]
}

/** A browser says so in one field or the other with every post. */
const isFromOwnPage = (site: string | undefined, origin: string | undefined, own: string): boolean =>
  site === undefined ? origin?.toLowerCase() === own : site === 'same-origin'

function textOf(body: Body): Promise<string | undefined> {
  const chunks: Uint8Array[] = []
  let length = 0
  return new Promise(resolve => {
    body.pipe({
      data: chunk => {
        length += chunk.length
        if (length <= LARGEST) chunks.push(Uint8Array.from(chunk))
        else {
          body.cancel(new Error('a form too large to be kept'))
          resolve(undefined)
        }
      },
      end: () => resolve(Buffer.concat(chunks).toString('latin1')),
      fail: () => resolve(undefined),
    })
  })
}
