// One look at an asset: the origin's bytes, through its limiter and without any field of a visitor, beside what the content delivery
// network gives to a browser of this site. Only where both are the same may pages lead there.

import { createHash } from 'node:crypto'
import { NEVER_GONE } from '../../exchange.ts'
import type { Answer, Exchange, Next } from '../../exchange.ts'
import { combined, first, has } from '../../http/fields.ts'
import type { OffloadKind } from '../../html/assets.ts'
import { SYNTHETIC_HEADER } from '../policy/anonymous.ts'
import { readWhole } from '../whole.ts'
import type { Seen } from './book.ts'

/** Larger ones are left to the site, bytes: they are held in memory while they are compared. */
const LARGEST = 4 * 1024 * 1024
/** How long the network may take, milliseconds. */
const PATIENCE = 10_000

export interface Look {
  /** The exchange that asked for the page. */
  readonly own: Exchange
  readonly next: Next
  /** Path and query on the site. */
  readonly target: string
  readonly kind: OffloadKind
  /** The address on the network. */
  readonly href: string
}

export async function lookAt(look: Look): Promise<Seen> {
  const answer = await look.next(asked(look))
  const body = await readWhole(answer.body, LARGEST)
  if (typeof body === 'string' || !isEveryones(answer, look.kind)) return undefined
  const digest = digestOf(body)
  return (await digestAt(look)) === digest ? { integrity: digest } : undefined
}

/** The asset, asked for by nobody; no waiting room holds it up, the limiter does. */
const asked = ({ own, target }: Look): Exchange => ({
  ...own,
  ...{ target, settings: own.settingsOf(target, 'GET'), fields: SYNTHETIC_HEADER },
  ...{ intent: 'pass', key: undefined, stale: undefined, seen: undefined, permit: undefined, gone: NEVER_GONE },
  ...{ visit: undefined, outcome: 'pass', reason: undefined },
})

const TYPES: Readonly<Record<OffloadKind, RegExp>> = {
  script: /^(text|application)\/(x-)?(java|ecma)script\b/i,
  'style sheet': /^text\/css\b/i,
  image: /^image\//i,
}

/** The origin's own answer, of the kind that the page takes it for, and nothing that is one visitor's. */
function isEveryones({ origin, status, fields }: Answer, kind: OffloadKind): boolean {
  if (origin === undefined || status !== 200 || has(fields, 'set-cookie')) return false
  if (/\b(private|no-store)\b/i.test(combined(origin.fields, 'cache-control') ?? '')) return false
  return !has(fields, 'content-encoding') && TYPES[kind].test(first(fields, 'content-type') ?? '')
}

/** What the network serves to a page of this site; undefined where a browser could not use it. */
async function digestAt({ own, kind, href }: Look): Promise<string | undefined> {
  const site = `${own.client.scheme}://${own.host}`
  const signal = AbortSignal.timeout(PATIENCE)
  const response = await fetch(href, { headers: { origin: site }, redirect: 'error', credentials: 'omit', signal })
  const bytes = response.body === null ? undefined : await gathered(response.body)
  if (bytes === undefined || response.status !== 200) return undefined
  if (!TYPES[kind].test(response.headers.get('content-type') ?? '')) return undefined
  // A digest is checked only of what the network lets the page read (W3C Subresource Integrity, section 3.3).
  const allowed = response.headers.get('access-control-allow-origin')
  return kind === 'image' || allowed === '*' || allowed === site ? digestOf(bytes) : undefined
}

async function gathered(body: ReadableStream<Uint8Array>): Promise<Buffer | undefined> {
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of body) {
    length += piece.length
    // Leaving the loop cancels the rest.
    if (length > LARGEST) return undefined
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

const digestOf = (bytes: Uint8Array): string => `sha384-${createHash('sha384').update(bytes).digest('base64')}`
