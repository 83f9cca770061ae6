// What steps of events do in this process: modes, waiting rooms and origins by way of core, warming as a visitor, and checks. Each
// answers null, or says what went wrong.

import type { Clock } from '../base/clock.ts'
import type { Modes } from '../board/modes.ts'
import type { SiteConfig } from '../config/types.ts'
import type { Powers } from '../plan/perform.ts'
import { requestStatus } from './ask.ts'
import type { CoreLink } from './core-link.ts'
import { cachedFor } from './dns-check.ts'
import { becomesHealthy } from './instances.ts'
import { post } from './outward.ts'

export interface Surroundings {
  core: CoreLink
  modes: Modes
  clock: Clock
  sites: () => readonly SiteConfig[]
  /** Where visitors are served, without and with TLS: "0.0.0.0:8080". */
  listening: () => readonly string[]
  secure: () => readonly string[]
}

/** As long as a visitor would wait. */
const WARM_WITHIN = 60_000

/** Milliseconds by which the clock of the cluster's server is ahead of this machine's; 0 on a machine by itself. */
const aheadBy = (core: CoreLink): number => core.status?.status.cluster?.ahead ?? 0

/** What events go by: of several nodes the server's clock, which is the same for all. */
export const planClock = ({ core, clock }: Pick<Surroundings, 'core' | 'clock'>): Clock => ({
  now: () => clock.now() + aheadBy(core),
  monotonic: () => clock.monotonic(),
})

/** Times are by `planClock`. */
export function powersOf(surroundings: Surroundings): Powers {
  const { core, modes, sites } = surroundings
  // The board keeps whole seconds, and whoever set a mode knows it again within one.
  const here = (time: number | null): number | null => {
    const ahead = aheadBy(core)
    return time === null || ahead === 0 ? time : Math.round((time - ahead) / 1000) * 1000
  }
  const siteNamed = (name: string): SiteConfig | undefined => sites().find(site => site.name === name)
  return {
    setMode: async (site, mode, until) => {
      const configured = siteNamed(site)?.mode
      // A site that is gone has no mode to come back from.
      if (configured === undefined) return mode === null ? null : `there is no site ${site}`
      return (await core.setMode(site, mode ?? configured, here(until)))?.message ?? null
    },
    commanded: site => {
      const commanded = modes.commanded(site)
      if (commanded === undefined) return undefined
      const { mode, until } = commanded
      return { mode, until: until === null ? null : until + aheadBy(core) }
    },
    warm: async (site, paths) => warm(surroundings, siteNamed(site), paths),
    post: async (url, body, fields) => post(url, body, fields).then(() => null, messageOf),
    originsOf: site => originsOf(core, site),
    join: async (site, urls) => join(core, siteNamed(site), urls),
    leave: async (site, urls) => leave(core, site, urls),
    admit: async (site, room, admission) => (await core.admit(site, room, admission))?.message ?? null,
    checkDns: async (names, ttl, server) => {
      const failed = await Promise.all(names.map(async name => cachedFor(name, ttl, server).catch(messageOf)))
      return together(failed)
    },
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** What went wrong, three at the most. */
function together(all: readonly (string | null)[]): string | null {
  const failed = all.filter(each => each !== null)
  return failed.length === 0 ? null : failed.slice(0, 3).join(', ')
}

/** A draining origin is on its way out. */
const originsOf = (core: CoreLink, site: string): string[] =>
  (core.status?.status.origins ?? [])
    .filter(origin => origin.site === site && origin.state !== 'draining')
    .map(({ url }) => url)

/** A visitor's requests at the door of this process: so they go through the limits as any other. Over HTTPS where it is served. */
async function warm(
  { listening, secure }: Surroundings,
  site: SiteConfig | undefined,
  paths: readonly string[],
): Promise<string | null> {
  const isSecure = secure().length > 0
  const address = isSecure ? secure()[0] : listening()[0]
  const host = site?.hosts[0]?.replace(/^\*$/, 'localhost').replace(/^\*/, 'www')
  if (address === undefined || host === undefined) return 'nobody serves visitors yet'
  const failed: string[] = []
  for (const path of paths) {
    const said = await requestStatus({ address: doorOf(address), isSecure, host, path, within: WARM_WITHIN })
    if (typeof said === 'string') failed.push(`${path} ${said}`)
    else if (said >= 500) failed.push(`${path} was answered ${said}`)
  }
  return together(failed)
}

/** Where this machine itself gets in. */
function doorOf(address: string): { hostname: string; port: number } {
  const colon = address.lastIndexOf(':')
  const given = address.slice(0, colon).replace(/^\[|\]$/g, '')
  const hostname = given === '0.0.0.0' || given === '' ? '127.0.0.1' : given === '::' ? '::1' : given
  return { hostname, port: Number(address.slice(colon + 1)) }
}

/** All are waited for at once; each is taken in as soon as it is healthy. */
async function join(core: CoreLink, site: SiteConfig | undefined, urls: readonly string[]): Promise<string | null> {
  if (site === undefined) return 'there is no such site'
  const failed = urls.map(async url => {
    const why = await becomesHealthy(url, site)
    if (why !== null) return `${url} ${why}`
    const outcome = await core.command('origin-add', site.name, url)
    return 'code' in outcome && outcome.code !== 'already-there' ? outcome.message : null
  })
  return together(await Promise.all(failed))
}

async function leave(core: CoreLink, site: string, urls: readonly string[]): Promise<string | null> {
  const failed: (string | null)[] = []
  for (const url of urls) {
    const outcome = await core.command('origin-remove', site, url)
    const isOut = !('code' in outcome) || outcome.code === 'unknown-origin' || outcome.code === 'unknown-site'
    failed.push(isOut ? null : outcome.message)
  }
  return together(failed)
}
