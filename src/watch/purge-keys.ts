// The cache keys of what an operator names: a page, all pages whose URL begins so, a host. Both schemes each, since what
// visitors see as https may come here as http; and both as typed and as browsers would send it.

import { keyEnd } from '../cache/key.ts'
import { parseHost } from '../http/host.ts'
import { parseTarget } from '../http/target.ts'
import type { Site, Sites } from '../site/sites.ts'
import { KEY_SCHEMES, keyPrefix } from '../store/keys.ts'

interface Place {
  site: Site
  host: string
  /** Paths with queries, as they may have been asked for. */
  targets: string[]
}

/** The keys under which the page may be stored; undefined when it is no URL, or no site answers for its host. */
export function pageKeys(url: string, sites: Sites): string[] | undefined {
  const place = placeOf(url, sites)
  if (place === undefined) return undefined
  const { site, host, targets } = place
  const keyed = targets.flatMap(target => {
    const settings = site.rules.settingsFor({ method: 'GET', host, target, fields: [] })
    return [target, keyEnd(target, settings)]
  })
  return keysOf({ site, host, targets: keyed })
}

/** What the keys of all pages begin with whose URLs begin so. */
export function prefixKeys(url: string, sites: Sites): string[] | undefined {
  const place = placeOf(url, sites)
  return place && keysOf(place)
}

/** What the keys of all pages of this host begin with; of all its ports where none is named. */
export function hostKeys(name: string, sites: Sites): string[] | undefined {
  const parsed = parseHost(name)
  const site = parsed && sites.find(parsed.authority)
  if (parsed === undefined || site === undefined) return undefined
  const ends = parsed.port === undefined ? ['/', ':'] : ['/']
  return KEY_SCHEMES.flatMap(scheme => ends.map(end => keyPrefix(site.config.name, scheme, parsed.authority) + end))
}

function placeOf(url: string, sites: Sites): Place | undefined {
  const parsed = URL.parse(url)
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) return undefined
  const host = parseHost(parsed.host)?.authority
  const site = host === undefined ? undefined : sites.find(host)
  if (host === undefined || site === undefined) return undefined
  const typed = parseTarget(url.split('#', 1)[0]!)?.target
  return { site, host, targets: [parsed.pathname + parsed.search, ...(typed === undefined ? [] : [typed])] }
}

const keysOf = ({ site, host, targets }: Place): string[] =>
  KEY_SCHEMES.flatMap(scheme => [...new Set(targets)].map(target => keyPrefix(site.config.name, scheme, host) + target))
