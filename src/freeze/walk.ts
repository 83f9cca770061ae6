// Takes a snapshot of a site: from its first page and its site maps along all that it links to and loads, one request at a time and no
// faster than was said, through the Breakwater that shields it where there is one, so that its limiter counts these requests too.

import { callsIn } from '../audit/calls.ts'
import { Pace } from '../audit/pace.ts'
import { mediaTypeOf, redirectOf, visit } from '../audit/visit.ts'
import type { Visit } from '../audit/visit.ts'
import type { Links } from '../html/links.ts'
import type { CallSeen, Coverage, FormSeen, Missing } from './coverage.ts'
import { foundIn, readSiteMap } from './found.ts'
import { parseRobots } from './robots.ts'
import type { Robots } from './robots.ts'
import type { SnapshotWriter } from './writer.ts'

export interface WalkOptions {
  /** The page to begin with; other hosts than its own are not visited. */
  url: string
  /** Where to send requests for it, as http://127.0.0.1:8080; undefined: to the host itself. */
  through: string | undefined
  /** Pages at most, and requests a second. */
  pages: number
  rate: number
  /** Whether a POST to this target is collected while the site is frozen. */
  isCollected: (target: string) => boolean
  signal: AbortSignal
  /** Told of each request that has ended, with how many are known of and not asked for yet. */
  tell: (visit: Visit, left: number) => void
}

/** Files of a page and site maps beyond these are left out. */
const MOST_FILES = 50_000
const MOST_MAPS = 100
/** Addresses that differ in their query alone, of one path: calendars and filters have no end. */
const MOST_OF_A_PATH = 100
const MOST_LISTED = 1000

/** What is asked for by: identity alone, since bodies are kept as they are. */
const HEADER = [
  ...['User-Agent', 'Mozilla/5.0 (compatible; Breakwater-Freeze)'],
  ...['Accept', 'text/html,application/xhtml+xml,*/*;q=0.8', 'Accept-Encoding', 'identity'],
]

interface Wanted {
  readonly target: string
  readonly from: string
  readonly isPage: boolean
}

export class Walk {
  readonly #options: WalkOptions
  readonly #pace: Pace
  readonly #writer: SnapshotWriter
  readonly #site: URL
  readonly #pages: Wanted[] = []
  readonly #files: Wanted[] = []
  readonly #known = new Set<string>()
  readonly #ofPath = new Map<string, number>()
  readonly #forms = new Map<string, FormSeen>()
  readonly #calls = new Map<string, CallSeen>()
  readonly #missing: Missing[] = []
  readonly #counts = { pages: 0, files: 0, redirects: 0, bytes: 0, leftOut: 0, disallowed: 0 }
  #robots: Robots = { allows: () => true, sitemaps: [] }

  constructor(options: WalkOptions, writer: SnapshotWriter) {
    this.#options = options
    this.#pace = new Pace(options.rate)
    this.#writer = writer
    this.#site = new URL(options.url)
  }

  /** Pages first, then what they load. */
  async run(): Promise<Omit<Coverage, 'version'>> {
    this.#want(this.#site.href, 'the beginning', true)
    await this.#readRobots()
    for (let wanted = this.#pages.shift(); wanted !== undefined && this.#goesOn; wanted = this.#pages.shift()) {
      if (this.#counts.pages < this.#options.pages) await this.#take(wanted)
      else this.#counts.leftOut++
    }
    for (let wanted = this.#files.shift(); wanted !== undefined && this.#goesOn; wanted = this.#files.shift())
      await this.#take(wanted)
    return this.#coverage()
  }

  get #goesOn(): boolean {
    return !this.#options.signal.aborted
  }

  async #take({ target, from, isPage }: Wanted): Promise<void> {
    const seen = await this.#visit(target)
    const to = redirectOf(seen)
    if (seen.status !== 200 && to === undefined) return this.#miss(target, from, seen)
    if (seen.cut) return this.#miss(target, from, seen)
    this.#writer.put(target, seen)
    this.#counts.bytes += seen.body.length
    if (to !== undefined) {
      this.#counts.redirects++
      return this.#want(to, target, isPage)
    }
    const type = mediaTypeOf(seen)
    const { pages, files, links } = foundIn(type, seen.body, seen.url)
    this.#counts[links === undefined ? 'files' : 'pages']++
    for (const page of pages) this.#want(page, target, true)
    for (const file of files) this.#want(file, target, false)
    if (links !== undefined) this.#note(links, target)
    else if (type.endsWith('javascript')) this.#noteCalls(seen.body.toString(), target)
  }

  #note({ forms, scripts }: Links, on: string): void {
    for (const { action, method } of forms) {
      const name = `${method} ${action}`
      const target = this.#targetOf(action)
      const works = target === undefined || (method === 'POST' && this.#options.isCollected(target))
      if (!this.#forms.has(name) && this.#forms.size < MOST_LISTED) this.#forms.set(name, { method, action, on, works })
    }
    for (const script of scripts) this.#noteCalls(script, on)
  }

  #noteCalls(script: string, on: string): void {
    for (const url of callsIn(script, new URL(on, this.#site).href))
      if (!this.#calls.has(url) && this.#calls.size < MOST_LISTED) this.#calls.set(url, { url, on })
  }

  #miss(target: string, from: string, { status, error, cut }: Visit): void {
    const why = cut ? 'larger than 8 MiB' : status === 0 ? (error ?? 'no answer') : `status ${status}`
    if (this.#missing.length < MOST_LISTED) this.#missing.push({ target, from, why })
    else this.#counts.leftOut++
  }

  /** Path and query of an address of this site; undefined for those of others. */
  #targetOf(address: string): string | undefined {
    const url = URL.parse(address, this.#site)
    return url === null || url.host !== this.#site.host ? undefined : url.pathname + url.search
  }

  #want(address: string, from: string, isPage: boolean): void {
    const target = this.#targetOf(address)
    if (target === undefined || this.#known.has(target)) return
    this.#known.add(target)
    if (isPage && from !== 'the beginning' && !this.#robots.allows(target)) return void this.#counts.disallowed++
    const path = target.split('?', 1)[0]!
    const before = this.#ofPath.get(path) ?? 0
    this.#ofPath.set(path, before + 1)
    const queue = isPage ? this.#pages : this.#files
    if (before >= MOST_OF_A_PATH || queue.length >= MOST_FILES) this.#counts.leftOut++
    else queue.push({ target, from, isPage })
  }

  async #readRobots(): Promise<void> {
    const robots = await this.#visit('/robots.txt')
    if (robots.status === 200 && !robots.cut) {
      this.#robots = parseRobots(robots.body.toString(), this.#site.href)
      this.#writer.put('/robots.txt', robots)
      this.#known.add('/robots.txt')
    }
    const maps = new Set([...this.#robots.sitemaps, new URL('/sitemap.xml', this.#site).href])
    for (const map of maps) await this.#readMap(map, maps)
  }

  async #readMap(address: string, maps: Set<string>): Promise<void> {
    const target = this.#targetOf(address)
    if (target === undefined || !this.#goesOn) return
    const seen = await this.#visit(target)
    if (seen.status !== 200 || seen.cut) return
    this.#writer.put(target, seen)
    this.#known.add(target)
    const { pages, maps: more } = siteMapIn(seen.body)
    for (const page of pages) this.#want(page, target, true)
    for (const map of more) if (maps.size < MOST_MAPS) maps.add(map)
  }

  /** Not before its time. */
  async #visit(target: string): Promise<Visit> {
    const { tell, through = this.#site.origin } = this.#options
    await this.#pace.turn()
    const seen = await visit(through + target, '', HEADER, this.#site.host)
    // To whoever reads it, it is the site's own address.
    seen.url = new URL(target, this.#site).href
    tell(seen, this.#pages.length + this.#files.length)
    return seen
  }

  #coverage(): Omit<Coverage, 'version'> {
    const forms = [...this.#forms.values()]
    for (const form of forms)
      form.works ||= form.method === 'GET' && this.#writer.has(this.#targetOf(form.action) ?? '')
    const calls = [...this.#calls.values()].filter(({ url }) => !this.#writer.has(this.#targetOf(url) ?? ''))
    const stopped = !this.#goesOn
    return { url: this.#site.href, ...this.#counts, missing: this.#missing, forms, calls, stopped }
  }
}

/** One that cannot be read leads nowhere; the pages are found by their links. */
function siteMapIn(body: Buffer): ReturnType<typeof readSiteMap> {
  try {
    return readSiteMap(body)
  } catch {
    return { pages: [], maps: [] }
  }
}
