// Where a page of HTML names what a browser loads with it: scripts, style sheets, images, with the stretch of the page that holds the
// tag, so that an address can be written anew and every other byte stays. The page is text with one character a byte (latin1).
import { Parser } from 'htmlparser2'
import { withAttribute } from './tag.ts'
import type { Edit } from './tag.ts'

export type OffloadKind = 'script' | 'style sheet' | 'image'

export interface Asset {
  /** Absolute, without fragment. */
  readonly url: URL
  readonly kind: OffloadKind
}

/** What stands in an asset's place; `integrity` for kinds that browsers check (W3C Subresource Integrity, section 3.5). */
export interface Replacement {
  readonly href: string
  readonly integrity: string | undefined
}

interface Place extends Asset {
  readonly attribute: string
  /** Of a list of candidates: as it stands there. */
  readonly written: string
}

/** An element with the assets that it names. */
interface Naming {
  readonly from: number
  readonly to: number
  readonly attributes: Attributes
  readonly places: readonly Place[]
}

type Attributes = Readonly<Record<string, string>>

export interface PageAssets {
  readonly elements: readonly Naming[]
  /** The content of <meta http-equiv="Content-Security-Policy">. */
  readonly policies: readonly string[]
}

/** More elements of one page are left as they are. */
const MOST = 200
/** Addresses with anything else are left alone: their bytes would have to be read in the page's encoding. */
const PLAIN = /^[!-~\s]+$/

/** What the page at `url` loads. */
export function readAssets(html: string, url: string): PageAssets {
  const elements: Naming[] = []
  const policies: string[] = []
  let base = url
  const parser = new Parser({
    onopentag: (tag, attributes) => {
      if (tag === 'base') base = URL.parse(attributes['href'] ?? '', base)?.href ?? base
      if (tag === 'meta' && attributes['http-equiv']?.toLowerCase() === 'content-security-policy')
        policies.push(attributes['content'] ?? '')
      const places = placesIn(tag, attributes, base)
      if (places.length === 0 || elements.length >= MOST) return
      elements.push({ from: parser.startIndex, to: parser.endIndex + 1, attributes, places })
    },
  })
  parser.end(html)
  return { elements, policies }
}

function placesIn(tag: string, attributes: Attributes, base: string): Place[] {
  if (tag === 'script') return one('src', 'script', attributes, base)
  if (tag === 'link') return linked(attributes, base)
  if (tag === 'img') return [...one('src', 'image', attributes, base), ...candidates(attributes, base)]
  if (tag === 'source') return candidates(attributes, base)
  return []
}

function one(attribute: string, kind: OffloadKind, attributes: Attributes, base: string): Place[] {
  const written = attributes[attribute]
  const url = written === undefined || !PLAIN.test(written) ? null : URL.parse(written.trim(), base)
  if (url === null || !/^https?:$/.test(url.protocol) || url.hash !== '') return []
  return [{ url, kind, attribute, written: written! }]
}

/** Browsers check style sheets, and what is loaded ahead of need for either. */
const LOADED_AHEAD: Readonly<Record<string, OffloadKind>> = { style: 'style sheet', script: 'script', image: 'image' }

function linked(attributes: Attributes, base: string): Place[] {
  const relations = (attributes['rel'] ?? '').toLowerCase().split(/\s+/)
  if (relations.includes('stylesheet')) return one('href', 'style sheet', attributes, base)
  if (relations.includes('modulepreload')) return one('href', 'script', attributes, base)
  const kind = relations.includes('preload') ? LOADED_AHEAD[attributes['as']?.toLowerCase() ?? ''] : undefined
  return kind === undefined ? [] : one('href', kind, attributes, base)
}

/** `a.png 1x, b.png 2x`: each address stands before a blank. */
function candidates(attributes: Attributes, base: string): Place[] {
  const list = attributes['srcset'] ?? ''
  return [...list.matchAll(/(?:^|,)\s*([^\s,]\S*[^\s,])/g)].flatMap(([, written]) =>
    one('srcset', 'image', { srcset: written! }, base),
  )
}

/** The tags, each written anew where one of its addresses has a replacement. */
export function replaced(
  html: string,
  { elements }: PageAssets,
  replacementOf: (asset: Asset) => Replacement | undefined,
): Edit[] {
  return elements.flatMap(element => {
    const found = element.places.flatMap(place => {
      const replacement = replacementOf(place)
      return replacement === undefined ? [] : [{ place, replacement }]
    })
    if (found.length === 0) return []
    const text = found.reduce(rewritten(element.attributes), html.slice(element.from, element.to))
    return [{ from: element.from, to: element.to, text }]
  })
}

interface Found {
  readonly place: Place
  readonly replacement: Replacement
}

const rewritten =
  (attributes: Attributes) =>
  (tag: string, { place, replacement }: Found, at: number, all: readonly Found[]): string => {
    if (place.attribute === 'srcset') return at === all.findIndex(isCandidate) ? listed(tag, attributes, all) : tag
    const moved = withAttribute(tag, place.attribute, replacement.href)
    if (replacement.integrity === undefined) return moved
    // What the site says itself of the bytes, or of who may know that they were asked for, goes before.
    const checked =
      attributes['integrity'] === undefined ? withAttribute(moved, 'integrity', replacement.integrity) : moved
    return attributes['crossorigin'] === undefined ? withAttribute(checked, 'crossorigin', 'anonymous') : checked
  }

const isCandidate = ({ place }: Found): boolean => place.attribute === 'srcset'

/** The whole list at once: one address may be the beginning of another. */
function listed(tag: string, attributes: Attributes, all: readonly Found[]): string {
  const moved = new Map(all.filter(isCandidate).map(({ place, replacement }) => [place.written, replacement.href]))
  const list = attributes['srcset']!.replaceAll(
    /(^|,)(\s*)([^\s,]\S*[^\s,])/g,
    (_, comma: string, blank: string, url: string) => {
      return comma + blank + (moved.get(url) ?? url)
    },
  )
  return withAttribute(tag, 'srcset', list)
}
