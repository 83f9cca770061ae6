// Pages as the site sends them, read where a rule has forms repaired as they are sent later, or judged by what their own page asks. Only
// a form that carries a ticket of ours is repaired: it is marked here. The tokens stay as they are; nothing else of the page changes.

import type { SiteConfig } from '../../config/types.ts'
import type { Answer, Body, Exchange, Next, Sink } from '../../exchange.ts'
import { without } from '../../http/fields.ts'
import type { Fields } from '../../http/fields.ts'
import { readControls } from '../../html/controls.ts'
import { readHoles } from '../../html/holes.ts'
import { edited } from '../../html/tag.ts'
import { isPage } from '../proof.ts'
import type { Cache } from '../types.ts'
import { placeOf } from './place.ts'
import { metaNames, signed, ticketedTag } from './ticket.ts'

/** Bytes of a page that is looked at; a larger one goes on as it came. */
const MOST = 1024 * 1024

/** `next`, with the forms marked in what comes back; `next` itself for sites whose rules want nothing of their pages. */
export const marking = (cache: Cache, exchange: Exchange, next: Next): Next => {
  if (exchange.method !== 'GET') return next
  const { repairs, learns } = wishesOf(exchange.site)
  return repairs || learns ? each => marked(cache, each, next) : next
}

interface Wishes {
  /** Forms are to be marked. */
  readonly repairs: boolean
  /** What they ask of their fields is to be known. */
  readonly learns: boolean
}

const known = new WeakMap<SiteConfig, Wishes>()

function wishesOf(site: SiteConfig): Wishes {
  let wishes = known.get(site)
  if (wishes === undefined) {
    const rules = site.rules.map(({ collect }) => collect).filter(({ when }) => when !== undefined)
    wishes = { repairs: rules.some(({ repair }) => repair !== 'no'), learns: rules.some(({ learn }) => learn) }
    known.set(site, wishes)
  }
  return wishes
}

/** Tells what the page's forms ask of their fields, where that is wanted. */
export function learnFrom(cache: Cache, { site, host, target }: Exchange, html: string): void {
  if (wishesOf(site).learns) cache.learn(site.name, readControls(html, host, target))
}

async function marked(cache: Cache, exchange: Exchange, next: Next): Promise<Answer> {
  const { fields } = exchange
  // What is to be read must not come compressed; the visitor's own wish is put back for those who compress here.
  exchange.fields = without(fields, name => name === 'accept-encoding')
  let answer
  try {
    answer = await next(exchange)
  } finally {
    exchange.fields = fields
  }
  if (answer.origin === undefined || answer.status !== 200 || !isPage(answer)) return answer
  const body = await heldBack(answer.body)
  if (!(body instanceof Uint8Array)) return { ...answer, body }
  const html = body.toString('latin1')
  learnFrom(cache, exchange, html)
  const edits = wishesOf(exchange.site).repairs ? editsOf(html, exchange, cache.formKey) : []
  if (edits.length === 0) return { ...answer, body }
  const origin = { ...answer.origin, fields: changed(answer.origin.fields) }
  return { ...answer, body: Buffer.from(edited(html, edits), 'latin1'), fields: changed(answer.fields), origin }
}

function editsOf(html: string, exchange: Exchange, key: Uint8Array) {
  const { target: page, host } = exchange
  const { forms, holes } = readHoles(html, host, { isToken: () => false, omit: null })
  const meta = metaNames(holes)
  return forms.map(form => {
    const { action, id, names, from, to } = form
    const ticket = signed({ page, action, id, names, meta }, placeOf(exchange), key)
    return { from, to, text: ticketedTag(html, form, page, ticket) }
  })
}

/** The same page for validation, but no longer the same bytes (RFC 9110 section 8.8.1). */
function changed(fields: Fields): Fields {
  const weak = fields.map((value, i) =>
    i % 2 === 1 && fields[i - 1]!.toLowerCase() === 'etag' && !value.startsWith('W/') ? `W/${value}` : value,
  )
  return without(weak, name => OF_BYTES.has(name))
}

const OF_BYTES = new Set(['content-length', 'accept-ranges', 'content-md5', 'digest', 'content-digest', 'repr-digest'])

/** The whole body; of one that is too large, or breaks off, what was held back with the rest behind it. */
function heldBack(body: Answer['body']): Promise<Buffer | Body> {
  if (body === null || body instanceof Uint8Array) return Promise.resolve(Buffer.from(body ?? []))
  if ((body.length ?? 0) > MOST) return Promise.resolve(body)
  return new Promise(resolve => body.pipe(new HeldBody(body, resolve)))
}

class HeldBody implements Body, Sink {
  readonly length = undefined
  readonly #source: Body
  readonly #resolve: (what: Buffer | Body) => void
  #pieces: Uint8Array[] = []
  #bytes = 0
  #sink: Sink | null = null
  #isGone = false
  #end: ((sink: Sink) => void) | null = null

  constructor(source: Body, resolve: (what: Buffer | Body) => void) {
    this.#source = source
    this.#resolve = resolve
  }

  data(chunk: Uint8Array): void {
    if (this.#sink !== null) return this.#sink.data(chunk)
    if (this.#isGone) return
    this.#pieces.push(chunk)
    this.#bytes += chunk.length
    if (this.#bytes <= MOST) return
    this.#source.pause()
    this.#resolve(this)
  }

  end(trailers: Fields): void {
    if (this.#sink !== null) return this.#sink.end(trailers)
    if (this.#bytes <= MOST) this.#resolve(Buffer.concat(this.#pieces))
    else this.#end = sink => sink.end(trailers)
  }

  fail(why: Error): void {
    if (this.#sink !== null) return this.#sink.fail(why)
    this.#end = sink => sink.fail(why)
    this.#resolve(this)
  }

  pipe(sink: Sink): void {
    for (const piece of this.#pieces) sink.data(piece)
    this.#pieces = []
    if (this.#end !== null) return this.#end(sink)
    this.#sink = sink
    this.#source.resume()
  }

  pause(): void {
    this.#source.pause()
  }

  resume(): void {
    this.#source.resume()
  }

  cancel(why: Error): void {
    this.#isGone = true
    this.#pieces = []
    this.#source.cancel(why)
  }
}
