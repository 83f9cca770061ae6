// Purging stored responses by command: of everything, of one site, of hosts, below prefixes, of single URLs or by tags. What is named
// becomes cache keys here just as a visitor's request would become one, since that needs the config's rules; core purges
// what lies under them.

import { siteTag } from '../cache/policy/tags.ts'
import type { SiteConfig } from '../config/types.ts'
import { Sites } from '../site/sites.ts'
import type { CoreLink, Purged } from './core-link.ts'
import { hostKeys, pageKeys, prefixKeys } from './purge-keys.ts'
import { json, problem } from './reply.ts'
import type { Reply } from './reply.ts'

/** A body has 64 KiB at most; so many keys, four for each, core takes out within milliseconds. */
const MOST_AT_ONCE = 1000

const FORM =
  'Say one of: {"urls": ["https://www.example.org/page"]}, {"tags": ["article-7"]} with or without "site", {"prefixes": ["https://www.example.org/news/"]}, {"hosts": ["www.example.org"]}, {"site": "shop"}, or {"site": null} for every site; and "hard": true to take out at once what would be served until something new has come.'

/** What can be purged by a list of names: the keys of each, or undefined where it is none of a site here; and how such a one looks. */
const lists = {
  urls: { keysOf: pageKeys, like: 'a URL of a site here, as in https://www.example.org/page' },
  prefixes: { keysOf: prefixKeys, like: 'the beginning of URLs of a site here, as in https://www.example.org/news/' },
  hosts: { keysOf: hostKeys, like: 'a host of a site here, as in www.example.org' },
} as const
type ListName = keyof typeof lists

/** Answers once every edge has it, and the copy on disk too. */
export async function purge(
  core: CoreLink,
  sites: readonly SiteConfig[],
  given: Record<string, unknown>,
): Promise<Reply> {
  const { hard = false, ...wish } = given
  if (typeof hard === 'boolean' && 'tags' in wish) return purgeTags(core, sites, wish, !hard)
  const [[name, what] = [], ...others] = Object.entries(wish)
  if (typeof hard !== 'boolean' || name === undefined || others.length > 0) return problem(422, FORM)
  if (name === 'site') return purgeSite(core, sites, what, !hard)
  if (Object.hasOwn(lists, name)) return purgeList(core, sites, name as ListName, what, !hard)
  return problem(422, `There is no member ${JSON.stringify(name)} here. ${FORM}`)
}

/** By name in one site, or in all. What was sent as a group (RFC 9875) is a tag of its site too. */
async function purgeTags(
  core: CoreLink,
  sites: readonly SiteConfig[],
  { tags, site, ...others }: Record<string, unknown>,
  isSoft: boolean,
): Promise<Reply> {
  if (!isNames(tags) || Object.keys(others).length > 0) return problem(422, FORM)
  if (tags.length > MOST_AT_ONCE) return problem(422, `At most ${MOST_AT_ONCE} tags at once.`)
  const meant = sites.filter(({ name }) => site === undefined || name === site)
  if (meant.length === 0) return problem(404, `There is no site ${String(site)}.`)
  // Fields are bytes: what an origin sends as UTF-8 is read as latin1.
  const spelled = tags.flatMap(tag => [...new Set([tag, Buffer.from(tag).toString('latin1')])])
  const hashes = meant.flatMap(({ name }) => spelled.map(tag => siteTag(name, tag)))
  return replyOf(await core.purgeTags(hashes, isSoft))
}

/** At least one, and none empty. */
const isNames = (given: unknown): given is string[] =>
  Array.isArray(given) && given.length > 0 && given.every(each => typeof each === 'string' && each.trim() !== '')

async function purgeSite(core: CoreLink, sites: readonly SiteConfig[], site: unknown, isSoft: boolean): Promise<Reply> {
  if (site !== null && typeof site !== 'string') return problem(422, FORM)
  if (site !== null && !sites.some(({ name }) => name === site)) return problem(404, `There is no site ${site}.`)
  return replyOf(await core.purge([site === null ? '' : `${site} `], isSoft))
}

async function purgeList(
  core: CoreLink,
  sites: readonly SiteConfig[],
  name: ListName,
  given: unknown,
  isSoft: boolean,
): Promise<Reply> {
  if (!isNames(given)) return problem(422, FORM)
  if (given.length > MOST_AT_ONCE) return problem(422, `At most ${MOST_AT_ONCE} ${name} at once.`)
  const found = new Sites({ sites: [...sites] })
  const { keysOf, like } = lists[name]
  const keys = given.map(each => keysOf(each, found))
  const wrong = given.filter((_, i) => keys[i] === undefined)
  if (wrong.length > 0) {
    const errors = wrong.map(each => `${each} is not ${like}.`)
    return problem(422, 'Nothing was purged.', { errors })
  }
  const known = keys as string[][]
  return replyOf(await (name === 'urls' ? core.purgeKeys(known, isSoft) : core.purge(known.flat(), isSoft)))
}

const replyOf = (outcome: Purged): Reply =>
  'purged' in outcome ? json(outcome) : problem(503, outcome.message, { code: outcome.code })
