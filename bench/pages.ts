// The pages of the bench: 200 URLs of each size, every one with its own body, so that a mix-up would be seen.

import { createHash } from 'node:crypto'

/** URLs of each size that the load walks through. */
export const PAGES = 200
/** Sizes of bodies, in KiB. */
export const SIZES = [1, 8, 64] as const
export type Size = (typeof SIZES)[number]

/** Cacheable pages have this; the bench never runs as long. */
export const CACHEABLE = 'max-age=3600'
/** Pages below /no-store/ are the same ones with this instead. */
export const UNCACHEABLE = 'no-store'
/** Pages below /tagged/ are the same ones with this tag in Cache-Tag. */
export const TAG = 'story'

/** The paths of all pages of a size. */
export function paths(size: Size, kind: 'cacheable' | 'no-store' | 'tagged' = 'cacheable'): string[] {
  const folder = kind === 'cacheable' ? '' : `/${kind}`
  return Array.from({ length: PAGES }, (_, number) => `${folder}/${size}k/${number}.html`)
}

/** The body of the page at a path of any kind: text drawn from the path, as long as the size says. */
export function body(path: string): Buffer {
  const [, size, number] = /\/(\d+)k\/(\d+)\.html/.exec(path) ?? []
  const line = createHash('sha256').update(`${size} ${number}`).digest('base64url')
  return Buffer.alloc(Number(size) * 1024, `<p>${size} KiB, page ${number}: ${line}</p>\n`)
}
