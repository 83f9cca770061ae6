// Walks a site as a polite visitor: from its first page along its links, each page twice, each asset once, never more than a
// few requests a second, and never past its bounds. Only GETs; forms are seen and not sent.
import type { AssetKind, Links } from '../html/links.ts'
import { readLinks } from '../html/links.ts'
import { Pace } from './pace.ts'
import { cookiesSetBy, mediaTypeOf, redirectOf, visit } from './visit.ts'
import type { Visit } from './visit.ts'

export interface CrawlOptions {
  /** The first page. Other hosts than its own are not visited. */
  url: string
  /** Pages at most, and requests per second. */
  pages: number
  rate: number
  /** A Cookie field's value of somebody who is logged in, to see whose pages differ; empty for none. */
  cookie: string
  signal: AbortSignal
  /** Told of each request that has ended. */
  tell: (visit: Visit, left: number) => void
}

export interface PageSeen {
  /** As a stranger, twice: the second time with the cookies that the first visit set. */
  first: Visit
  again: Visit
  /** With the cookie that was given. */
  member: Visit | undefined
  links: Links | undefined
}

export interface AssetSeen {
  kind: AssetKind
  visit: Visit
}

export interface Seen {
  pages: PageSeen[]
  assets: AssetSeen[]
  /** Cookies that a stranger has after the first page. */
  given: string[]
  /** Pages and assets that the bounds left out. */
  leftOut: number
}

/** Assets at most: a site's pages share most of theirs. */
const MOST_ASSETS = 300
/** Addresses that differ in their query alone are one page to its author: so many of each path. */
const MOST_OF_A_PATH = 3

export async function crawl(options: CrawlOptions): Promise<Seen> {
  const walk = new Walk(options)
  await walk.pages()
  await walk.assets()
  return walk.seen
}

class Walk {
  readonly seen: Seen = { pages: [], assets: [], given: [], leftOut: 0 }
  readonly #options: CrawlOptions
  readonly #pace: Pace
  readonly #origin: string
  readonly #queue: string[]
  readonly #known: Set<string>
  readonly #ofPath = new Map<string, number>()
  readonly #assets = new Map<string, AssetKind>()

  constructor(options: CrawlOptions) {
    this.#options = options
    this.#pace = new Pace(options.rate)
    this.#origin = new URL(options.url).origin
    this.#queue = [options.url]
    this.#known = new Set(this.#queue)
  }

  async pages(): Promise<void> {
    const { pages, cookie, signal } = this.#options
    while (this.#queue.length > 0 && this.seen.pages.length < pages && !signal.aborted) {
      const url = this.#queue.shift()!
      const first = await this.#visit(url, '')
      if (this.seen.pages.length === 0) this.seen.given = cookiesSetBy(first)
      const isHtml = mediaTypeOf(first) === 'text/html' || mediaTypeOf(first) === 'application/xhtml+xml'
      const again = isHtml ? await this.#visit(url, this.seen.given.join('; ')) : first
      const member = isHtml && cookie !== '' ? await this.#visit(url, cookie) : undefined
      const links = isHtml ? readLinks(first.body.toString(), url) : undefined
      this.seen.pages.push({ first, again, member, links })
      this.#follow(first, links)
    }
    this.seen.leftOut += this.#queue.length
  }

  async assets(): Promise<void> {
    const wanted = [...this.#assets].slice(0, MOST_ASSETS)
    this.seen.leftOut += this.#assets.size - wanted.length
    for (const [url, kind] of wanted) {
      if (this.#options.signal.aborted) return
      this.seen.assets.push({ kind, visit: await this.#visit(url, '') })
    }
  }

  #follow(seen: Visit, links: Links | undefined): void {
    const to = redirectOf(seen)
    for (const page of [...(links?.pages ?? []), ...(to === undefined ? [] : [to])]) this.#queuePage(page)
    for (const [asset, kind] of links?.assets ?? [])
      if (asset.startsWith(`${this.#origin}/`)) this.#assets.set(asset, kind)
  }

  #queuePage(page: string): void {
    if (this.#known.has(page) || !(page === this.#origin || page.startsWith(`${this.#origin}/`))) return
    const path = page.split('?', 1)[0]!
    const before = this.#ofPath.get(path) ?? 0
    if (before >= MOST_OF_A_PATH) return
    this.#ofPath.set(path, before + 1)
    this.#known.add(page)
    this.#queue.push(page)
  }

  /** Not before its time. */
  async #visit(url: string, cookie: string): Promise<Visit> {
    const { tell } = this.#options
    await this.#pace.turn()
    const seen = await visit(url, cookie)
    tell(seen, this.#queue.length + this.#assets.size - this.seen.assets.length)
    return seen
  }
}
