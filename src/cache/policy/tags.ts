// The tags of a response: names under which its owner can purge it together with others. Surrogate-Key and xkey list them
// with spaces between, Cache-Tag with commas, Cache-Groups (RFC 9875) as strings that hold for one origin; rules add more.
// Tags are told apart without case, since those who read Cache-Tag elsewhere do so: that may purge too much, and never too little.

import { all, combined } from '../../http/fields.ts'
import type { Fields } from '../../http/fields.ts'
import { parseStrings } from '../../http/structured.ts'
import { keyPrefix } from '../../store/keys.ts'
import { tagHash } from '../../store/purged-tags.ts'

/** Of one response, rules' and groups' included: 4 bytes each, and looked at in each hit after a purge. Fields of 16 KiB hold some 1000. */
export const MOST_TAGS = 1024

/** Where a response belongs: tags hold within a site, groups within an origin. */
export interface Place {
  site: string
  scheme: string
  /** With its port. */
  host: string
}

/** The hashes of the response's tags, each once; `ruled` are those that the site's rules give it. */
export function tagsOf(place: Place, response: Fields, ruled: readonly string[] = []): readonly number[] {
  if (ruled.length === 0 && !tellsTags(response)) return NO_TAGS
  const groups = parseStrings(combined(response, 'cache-groups'))
  const names = [...ruled, ...spaced(response, 'surrogate-key'), ...spaced(response, 'xkey'), ...listed(response)]
  if (names.length === 0 && groups.length === 0) return NO_TAGS
  const hashes = new Set([...names, ...groups].map(name => siteTag(place.site, name)))
  for (const group of groups) hashes.add(groupTag(place, group))
  return [...hashes]
}

const NO_TAGS: readonly number[] = []

const FIELDS = ['cache-groups', 'surrogate-key', 'xkey', 'cache-tag']
const LENGTHS = new Set(FIELDS.map(each => each.length))

/** Whether it has one of the fields that tell tags, as few have; most others differ in length already. */
export function tellsTags(response: Fields): boolean {
  for (let i = 0; i < response.length; i += 2) {
    const name = response[i]!
    if (LENGTHS.has(name.length) && FIELDS.includes(name.toLowerCase())) return true
  }
  return false
}

/**
 * The groups that the response to an unsafe request makes untrue (RFC 9875 section 3). Like any invalidation it is for the
 * request's own origin alone, and an error invalidates nothing.
 */
export function invalidatedGroups(place: Place, status: number, response: Fields): number[] {
  if (status < 200 || status > 399) return []
  return parseStrings(combined(response, 'cache-group-invalidation')).map(group => groupTag(place, group))
}

/** The hash of a tag as its owner names it, in latin1 as fields are. */
export const siteTag = (site: string, tag: string): number =>
  tagHash(
    site,
    tag.replace(/[A-Z]+/g, letters => letters.toLowerCase()),
  )

const groupTag = ({ site, scheme, host }: Place, group: string): number => tagHash(keyPrefix(site, scheme, host), group)

/** Some who write these fields put commas between: then the pieces are tags too. */
function spaced(response: Fields, name: string): string[] {
  const words = all(response, name).flatMap(line => line.split(/[ \t]+/))
  const pieces = words.filter(word => word.includes(',')).flatMap(word => word.split(','))
  return [...words, ...pieces].filter(word => word !== '')
}

const listed = (response: Fields): string[] =>
  all(response, 'cache-tag')
    .flatMap(line => line.split(','))
    .map(tag => tag.trim())
    .filter(tag => tag !== '')
