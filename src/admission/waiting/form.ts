// A form that was sent without a session: what was filled in is kept in the page that answers it, so that it is sent again when
// its visitor is called. Only forms of the site's own pages are: a page of ours that sent on what a foreign site had its
// visitor's browser post would make a forged request look like an honest one.

import type { Body, Exchange } from '../../exchange.ts'
import { first } from '../../http/fields.ts'

export interface KeptForm {
  /** As the form was encoded, so that it is encoded the same way again. */
  readonly type: 'application/x-www-form-urlencoded' | 'multipart/form-data'
  readonly pairs: readonly (readonly [name: string, value: string | KeptFile])[]
}

/** A small file of the form; the script of the page puts it back. */
export interface KeptFile {
  readonly name: string
  readonly type: string
  readonly base64: string
}

/** Bytes of a form that is kept: what people type fits, and the page stays light. */
const LARGEST = 64 * 1024
const MOST_PAIRS = 1000

/** The form in the body, or `not-kept`; undefined where nothing was sent. */
export async function formOf(exchange: Exchange): Promise<KeptForm | 'not-kept' | undefined> {
  const { method, body, fields } = exchange
  if (body === null) return undefined
  const whole = first(fields, 'content-type') ?? ''
  const type = whole.toLowerCase().split(';', 1)[0]!.trim()
  const isForm = type === 'application/x-www-form-urlencoded' || type === 'multipart/form-data'
  if (!isForm || method !== 'POST' || !isFromOwnPage(exchange) || (body.length ?? 0) > LARGEST) return 'not-kept'
  const bytes = await bytesOf(body)
  if (bytes === undefined) return 'not-kept'
  const pairs = type === 'multipart/form-data' ? await partsOf(bytes, whole) : pairsOf(bytes.toString('latin1'))
  return pairs === undefined || pairs.length > MOST_PAIRS ? 'not-kept' : { type, pairs }
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

/** RFC 7578, as the platform reads it; undefined where that finds no whole form, or text that would come out changed. */
async function partsOf(bytes: Buffer, type: string): Promise<[string, string | KeptFile][] | undefined> {
  const form = await new Response(bytes, { headers: { 'Content-Type': type } }).formData().catch(() => undefined)
  if (form === undefined) return undefined
  const head = bytes.toString()
  const pairs = [...form].map(async ([name, value]): Promise<[string, string | KeptFile]> => {
    // A field for a file that nobody chose one for is taken for text there.
    if (value === '' && head.includes(`name="${name}"; filename=""`)) return [name, { name: '', type: '', base64: '' }]
    if (typeof value === 'string') return [name, value]
    return [name, { name: value.name, type: value.type, base64: Buffer.from(await value.arrayBuffer()).toString('base64') }] // prettier-ignore
  })
  const kept = await Promise.all(pairs)
  return kept.some(([name, value]) => `${name}${typeof value === 'string' ? value : value.name}`.includes('\uFFFD'))
    ? undefined
    : kept
}

/**
 * Whatever a foreign page has a browser post, the browser says so: in Sec-Fetch-Site, or in Origin (RFC 6454), older ones in
 * Referer. What says nothing of where it comes from is a program, which nobody has made to send it.
 */
function isFromOwnPage({ fields, host, client }: Exchange): boolean {
  const own = `${client.scheme}://${host}`
  const site = first(fields, 'sec-fetch-site')
  if (site !== undefined) return site === 'same-origin'
  const origin = first(fields, 'origin')
  if (origin !== undefined) return origin.toLowerCase() === own
  const referer = first(fields, 'referer')
  return referer === undefined || referer.toLowerCase().startsWith(`${own}/`)
}

function bytesOf(body: Body): Promise<Buffer | undefined> {
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
      end: () => resolve(Buffer.concat(chunks)),
      fail: () => resolve(undefined),
    })
  })
}
