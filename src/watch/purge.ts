// Taking stored responses out by command: of everything, of one site, or of single URLs. URLs become cache keys here just as
// a visitor's request would become one, since that needs the config's rules; core takes out what lies under them.

import { keyTarget } from '../cache/key.ts'
import type { SiteConfig } from '../config/types.ts'
import { parseHost } from '../http/host.ts'
import { parseTarget } from '../http/target.ts'
import { Sites } from '../site/sites.ts'
import { keyPrefix } from '../store/keys.ts'
import type { CoreLink, Purged } from './core-link.ts'
import { json, problem } from './reply.ts'
import type { Reply } from './reply.ts'

/** A body has 64 KiB at most; so many keys, four for each URL, core takes out within milliseconds. */
const MOST_URLS = 1000

const FORM = 'Say what: {"site": "shop"}, {"site": null} for every site, or {"urls": ["https://www.example.org/page"]}.'

/** Answers once no edge serves any of it any more, and once it is gone from the disk too. */
export async function purge(
  core: CoreLink,
  sites: readonly SiteConfig[],
  given: Record<string, unknown>,
): Promise<Reply> {
  const { site, urls, ...others } = given
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) return problem(422, `There is no member ${JSON.stringify(unknown)} here. ${FORM}`)
  if ((site === undefined) === (urls === undefined)) return problem(422, FORM)
  if (urls !== undefined) return purgeUrls(core, sites, urls)
  if (site !== null && typeof site !== 'string') return problem(422, FORM)
  if (site !== null && !sites.some(({ name }) => name === site)) return problem(404, `There is no site ${site}.`)
  return replyOf(await core.purge(site))
}

async function purgeUrls(core: CoreLink, sites: readonly SiteConfig[], urls: unknown): Promise<Reply> {
  if (!Array.isArray(urls) || !urls.every(url => typeof url === 'string')) return problem(422, FORM)
  if (urls.length > MOST_URLS) return problem(422, `At most ${MOST_URLS} URLs at once.`)
  const found = new Sites({ sites: [...sites] })
  const keys = urls.map(url => keysOf(url, found))
  const wrong = urls.filter((_, i) => keys[i] === undefined)
  if (wrong.length > 0) {
    const errors = wrong.map(url => `${url} is not a URL of a site here, as in https://www.example.org/page.`)
    return problem(422, 'Nothing was purged.', { errors })
  }
  return replyOf(await core.purgeKeys(keys as string[][]))
}

const replyOf = (outcome: Purged): Reply =>
  'purged' in outcome ? json(outcome) : problem(503, outcome.message, { code: outcome.code })

/**
 * The keys under which the URL may be stored; undefined when it is none, or no site answers for its host. Both schemes, since
 * what visitors see as https may come here as http; and both as typed and as browsers would send it.
 */
function keysOf(url: string, sites: Sites): string[] | undefined {
  const parsed = URL.parse(url)
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) return undefined
  const host = parseHost(parsed.host)?.authority
  const site = host === undefined ? undefined : sites.find(host)
  if (host === undefined || site === undefined) return undefined
  const typed = parseTarget(url.split('#', 1)[0]!)?.target
  const targets = new Set([parsed.pathname + parsed.search, ...(typed === undefined ? [] : [typed])])
  const keyed = [...targets].flatMap(target => {
    const { ignoresQuery } = site.rules.settingsFor({ method: 'GET', host, target, fields: [] })
    return [target, keyTarget(target, ignoresQuery)]
  })
  return ['http', 'https'].flatMap(scheme =>
    [...new Set(keyed)].map(target => keyPrefix(site.config.name, scheme, host) + target),
  )
}
