// The addresses in a site map or an index of site maps (sitemaps.org protocol 0.9).
import { Parser } from 'htmlparser2'

export interface SiteMap {
  readonly pages: readonly string[]
  /** Of an index: further site maps. */
  readonly maps: readonly string[]
}

/** Addresses of one file at most, as the protocol says. */
const MOST = 50_000
/** And characters of one of them. */
const LONGEST = 2048

export function parseSiteMap(xml: string): SiteMap {
  const pages: string[] = []
  const maps: string[] = []
  const path: string[] = []
  let text: string | undefined
  const parser = new Parser(
    {
      onopentagname: name => {
        path.push(name)
        if (name === 'loc') text = ''
      },
      ontext: piece => {
        if (text !== undefined && text.length <= LONGEST) text += piece
      },
      onclosetag: name => {
        path.pop()
        if (name !== 'loc' || text === undefined) return
        const list = path.at(-1) === 'sitemap' ? maps : path.at(-1) === 'url' ? pages : undefined
        if (text.length <= LONGEST && list !== undefined && list.length < MOST) list.push(text.trim())
        text = undefined
      },
    },
    { xmlMode: true, decodeEntities: true },
  )
  parser.end(xml)
  return { pages, maps }
}
