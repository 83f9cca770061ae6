// For how long a name may be cached, as the zone's own servers say it: what a resolver on the way has left of that is less.

import { Resolver, resolveNs } from 'node:dns/promises'

interface Found {
  ttl: number
}

/** Null where it is `most` milliseconds at the most, or what is wrong. */
export async function cachedFor(name: string, most: number, server: string | undefined): Promise<string | null> {
  const resolver = server === undefined ? await resolverOfZone(name) : resolverAt(server)
  const found = await addressesOf(resolver, name)
  if (found.length === 0) return `${name} has no address`
  const ttl = Math.max(...found.map(each => each.ttl))
  return ttl * 1000 <= most ? null : `${name} may be cached for ${ttl} s, longer than ${most / 1000} s`
}

/** Both families; one that there is not counts for nothing. */
async function addressesOf(resolver: Resolver, name: string): Promise<Found[]> {
  const asked = await Promise.allSettled([
    resolver.resolve4(name, { ttl: true }),
    resolver.resolve6(name, { ttl: true }),
  ])
  const found = asked.flatMap(each => (each.status === 'fulfilled' ? each.value : []))
  const unclear = asked.find(each => each.status === 'rejected' && !isNone(each.reason))
  if (found.length === 0 && unclear?.status === 'rejected') throw unclear.reason
  return found
}

const isNone = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENODATA' || error.code === 'ENOTFOUND')

function resolverAt(server: string): Resolver {
  const resolver = new Resolver({ timeout: 3000, tries: 2 })
  resolver.setServers([server])
  return resolver
}

/** The servers of the closest zone above the name; the system's own where none is found or one of them names another zone. */
async function resolverOfZone(name: string): Promise<Resolver> {
  const usual = new Resolver({ timeout: 3000, tries: 2 })
  const labels = name.split('.')
  for (let i = 0; i < labels.length - 1; i++) {
    const servers = await resolveNs(labels.slice(i).join('.')).catch(() => [])
    const addresses = await Promise.all(servers.slice(0, 3).map(each => usual.resolve4(each).catch(() => [])))
    if (addresses.flat().length === 0) continue
    const zone = new Resolver({ timeout: 3000, tries: 2 })
    zone.setServers(addresses.flat())
    // A name that stands for one of another zone has no address of its own here.
    return (await zone.resolve4(name).catch(() => [])).length > 0 ? zone : usual
  }
  return usual
}
