// The proof that a page is the same for everyone whom the site does not know: it was fetched twice, and what differs is found.
// Tokens in forms may differ, since each visitor gets their own later; comments and nonces of scripts may, since nobody is
// told anything by them. Anything else that differs could be somebody's, so there is no copy of the page.
import { differencesOf } from './differences.ts'
import type { Difference } from './differences.ts'
import { readHoles } from './holes.ts'
import type { HoleRule, PageHoles } from './holes.ts'
import { edited } from './tag.ts'

export interface Proof {
  readonly verdict: 'armed' | 'armed with holes' | 'refused'
  /** Names of the fields that hold tokens. */
  readonly holes: readonly string[]
  /** Of those, the ones that are known only by having differed. */
  readonly learned: readonly string[]
  /** What differs that must not. */
  readonly differences: readonly Difference[]
}

/** Two fetches of an HTML page, one character a byte. `host` is the site's own, as in the Host field. */
export function prove(one: string, other: string, host: string, rule: HoleRule): Proof {
  const first = readHoles(one, host, rule)
  const second = readHoles(other, host, rule)
  const learned = differing(first, second)
  const all: HoleRule = { omit: rule.omit, isToken: name => learned.includes(name) || rule.isToken(name) }
  const pages = [one, other].map(html => comparable(html, readHoles(html, host, all)))
  const holes = [...new Set(readHoles(one, host, all).holes.map(({ name }) => name))]
  if (pages[0] !== pages[1])
    return { verdict: 'refused', holes, learned, differences: differencesOf(pages[0]!, pages[1]!) }
  return { verdict: holes.length === 0 ? 'armed' : 'armed with holes', holes, learned, differences: [] }
}

/** What is compared: the page without what may differ. */
const comparable = (html: string, { holes, omitted, idle }: PageHoles): string =>
  edited(html, [...holes.map(({ edit }) => edit), ...omitted, ...idle])

/** Hidden fields that are there in both and do not have the same value. */
function differing(first: PageHoles, second: PageHoles): string[] {
  if (first.hidden.length !== second.hidden.length) return []
  const names = first.hidden.flatMap(({ name, value }, i) => {
    const other = second.hidden[i]!
    return other.name === name && other.value !== value ? [name] : []
  })
  return [...new Set(names)]
}
