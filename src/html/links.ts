// What a page of HTML leads to: other pages, what a browser loads with it, where its forms go, and what it seems to be made
// with. Addresses are resolved against the page's own, or its <base>.
import { Parser } from 'htmlparser2'

export type AssetKind = 'style sheet' | 'script' | 'image' | 'font' | 'frame' | 'media' | 'other'

export interface Links {
  /** Pages, absolute and without fragment. */
  pages: Set<string>
  /** What is loaded with the page, by absolute address. */
  assets: Map<string, AssetKind>
  /** Where forms are sent to, with their method. */
  forms: { action: string; method: 'GET' | 'POST' }[]
  /** <meta name="generator">. */
  generator: string | undefined
  /** The text of inline scripts, and the addresses that they or scripts like them call are to be looked for there. */
  scripts: string[]
}

/** More of them on one page are not looked at. */
const MOST_PAGES = 2000
const MOST_ASSETS = 2000
const MOST_FORMS = 100
const MOST_SCRIPT_TEXT = 1024 * 1024

type Attributes = Record<string, string>

export function readLinks(html: string, url: string): Links {
  const reader = new LinkReader(url)
  const parser = new Parser({
    onopentag: (name, attributes) => reader.open(name, attributes),
    ontext: text => reader.text(text),
    onclosetag: name => reader.close(name),
  })
  parser.end(html)
  return reader.links
}

/** Which attribute of which element names something that is loaded. */
const LOADED: Record<string, [attribute: string, kind: AssetKind]> = {
  script: ['src', 'script'],
  img: ['src', 'image'],
  source: ['src', 'media'],
  video: ['src', 'media'],
  audio: ['src', 'media'],
  iframe: ['src', 'frame'],
  embed: ['src', 'other'],
  object: ['data', 'other'],
}

class LinkReader {
  readonly links: Links = { pages: new Set(), assets: new Map(), forms: [], generator: undefined, scripts: [] }
  #base: string
  #inScript = false
  #scriptText = 0

  constructor(url: string) {
    this.#base = url
  }

  open(tag: string, attributes: Attributes): void {
    if (tag === 'base' && attributes['href'] !== undefined)
      this.#base = this.#resolved(attributes['href']) ?? this.#base
    else if (tag === 'a' || tag === 'area') this.#page(attributes['href'])
    else if (tag === 'form') this.#form(attributes)
    else if (tag === 'link') this.#link(attributes)
    else if (tag === 'meta') this.#meta(attributes)
    const loaded = LOADED[tag]
    if (loaded !== undefined) this.#asset(attributes[loaded[0]], loaded[1])
    if (tag === 'img' || tag === 'source') this.#sources(attributes['srcset'])
    if (tag === 'script') this.#inScript = attributes['src'] === undefined
  }

  text(text: string): void {
    if (!this.#inScript || this.#scriptText > MOST_SCRIPT_TEXT) return
    this.#scriptText += text.length
    this.links.scripts.push(text)
  }

  close(tag: string): void {
    if (tag === 'script') this.#inScript = false
  }

  #page(href: string | undefined): void {
    const url = this.#resolved(href)
    if (url !== undefined && this.links.pages.size < MOST_PAGES) this.links.pages.add(url)
  }

  #asset(href: string | undefined, kind: AssetKind): void {
    const url = this.#resolved(href)
    if (url !== undefined && this.links.assets.size < MOST_ASSETS) this.links.assets.set(url, kind)
  }

  #form(attributes: Attributes): void {
    if (this.links.forms.length >= MOST_FORMS) return
    const action = this.#resolved(attributes['action'] ?? '') ?? this.#base
    this.links.forms.push({ action, method: attributes['method']?.toLowerCase() === 'post' ? 'POST' : 'GET' })
  }

  #link(attributes: Attributes): void {
    const relations = (attributes['rel'] ?? '').toLowerCase().split(/\s+/)
    if (relations.includes('stylesheet')) this.#asset(attributes['href'], 'style sheet')
    else if (relations.includes('icon')) this.#asset(attributes['href'], 'image')
    else if (relations.includes('preload')) this.#asset(attributes['href'], kindOf(attributes['as']))
    else if (relations.includes('next') || relations.includes('prev')) this.#page(attributes['href'])
  }

  #meta(attributes: Attributes): void {
    if (attributes['name']?.toLowerCase() === 'generator') this.links.generator ??= attributes['content']
  }

  /** `a.png 1x, b.png 2x`: browsers load one of them. */
  #sources(srcset: string | undefined): void {
    for (const candidate of srcset?.split(/,\s+/) ?? []) this.#asset(candidate.trim().split(/\s+/)[0], 'image')
  }

  #resolved(href: string | undefined): string | undefined {
    const url = href === undefined ? null : URL.parse(href.trim(), this.#base)
    if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return undefined
    url.hash = ''
    return url.href
  }
}

const KINDS: Record<string, AssetKind> = { style: 'style sheet', script: 'script', image: 'image', font: 'font' }

const kindOf = (as: string | undefined): AssetKind => KINDS[as ?? ''] ?? 'other'
