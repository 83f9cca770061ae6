// Which responses may be stored by one node as another has stored them: those that both would have stored alike. So the whole
// config of the site and its mode have to be the same, and nothing in the page may be signed by this process alone.

import { createHash } from 'node:crypto'
import type { Mode } from '../config/modes.ts'
import type { SiteConfig } from '../config/types.ts'
import { areCommon, namesIn } from '../http/vary.ts'
import { partsOf } from '../store/keys.ts'

const digests = new WeakMap<SiteConfig, string>()

/**
 * What two nodes have to have in common to share what is stored under this key (store/keys.ts, `nodesKey`); undefined where it is not to be
 * shared: copies of a spike and of a snapshot, variants by fields that tell visitors apart, and pages of sites that collect forms,
 * which carry tickets signed by this machine.
 */
export function sharedAs(
  sites: readonly SiteConfig[],
  modeOf: (site: SiteConfig) => Mode,
  key: string,
): string | undefined {
  const { page, secondary } = partsOf(key)
  const [, name] = /^(\S+) https?:\/\//.exec(page) ?? []
  const site = name === undefined ? undefined : sites.find(each => each.name === name)
  if (site === undefined || hasTickets(site) || !areCommon(namesIn(secondary))) return undefined
  return `${digestOf(site)} ${modeOf(site)}`
}

const hasTickets = ({ rules }: SiteConfig): boolean => rules.some(({ collect }) => collect.when !== undefined)

function digestOf(site: SiteConfig): string {
  const known = digests.get(site)
  if (known !== undefined) return known
  const digest = createHash('sha256').update(JSON.stringify(site)).digest('base64url')
  digests.set(site, digest)
  return digest
}
