// What leads on from a file of a site: pages and files of its HTML, files of its style sheets, pages of its site maps. Pure.

import { gunzipSync } from 'node:zlib'
import { readLinks } from '../html/links.ts'
import type { Links } from '../html/links.ts'
import { parseSiteMap } from '../html/site-map.ts'
import type { SiteMap } from '../html/site-map.ts'

export interface Found {
  /** Absolute addresses, of any host. */
  readonly pages: readonly string[]
  readonly files: readonly string[]
  /** Of HTML. */
  readonly links: Links | undefined
}

const NOTHING: Found = { pages: [], files: [], links: undefined }

/** `type`: media type without parameters, in lower case. */
export function foundIn(type: string, body: Buffer, url: string): Found {
  if (type === 'text/css') return { ...NOTHING, files: filesOfStyle(body.toString(), url) }
  if (type !== 'text/html' && type !== 'application/xhtml+xml') return NOTHING
  const html = body.toString()
  const links = readLinks(html, url)
  return { pages: [...links.pages], files: [...links.assets.keys(), ...filesOfStyle(html, url)], links }
}

/** `url(…)` and `@import "…"`, in style sheets and in the styles of a page. */
function filesOfStyle(text: string, base: string): string[] {
  const named = [...text.matchAll(/url\(\s*(?:"([^"\n]{1,2000})"|'([^'\n]{1,2000})'|([^\s"'()]{1,2000}))\s*\)/g)]
  const imported = [...text.matchAll(/@import\s+(?:"([^"\n]{1,2000})"|'([^'\n]{1,2000})')/g)]
  return [...named, ...imported].flatMap(match => {
    const url = URL.parse(match.slice(1).find(Boolean) ?? '', base)
    if (url === null || !/^https?:$/.test(url.protocol)) return []
    url.hash = ''
    return [url.href]
  })
}

/** Unpacked, bytes: sitemaps.org allows 50 MiB. */
const LARGEST_MAP = 64 * 1024 * 1024

/** A site map or an index of them, plain or as a gzip file. Throws where that cannot be unpacked. */
export function readSiteMap(body: Buffer): SiteMap {
  const isPacked = body[0] === 0x1f && body[1] === 0x8b
  return parseSiteMap((isPacked ? gunzipSync(body, { maxOutputLength: LARGEST_MAP }) : body).toString())
}
