// From the host of a request to its site, compiled when the config loads: exact names first, then wildcards from the longest,
// then the site for every host.

/** Where a site says which hosts it answers for: names, `*.example.org`, `*`, all in lower case and without ports. */
interface HasHosts {
  readonly hosts: readonly string[]
}

/** Takes the host as the request has it, in lower case and perhaps with a port. */
export type FindSite<S> = (host: string) => S | undefined

export function compileHosts<S extends HasHosts>(sites: readonly S[]): FindSite<S> {
  const pairs = sites.flatMap(site => site.hosts.map((host): [string, S] => [host, site]))
  const fallback = pairs.find(([host]) => host === '*')?.[1]
  const exact = new Map(pairs.filter(([host]) => !host.startsWith('*')))
  const wild = new Map(pairs.filter(([host]) => host.startsWith('*.')).map(([host, site]) => [host.slice(2), site]))
  if (exact.size === 0 && wild.size === 0) return () => fallback
  return host => {
    const name = withoutPort(host)
    return exact.get(name) ?? (wild.size === 0 ? undefined : below(wild, name)) ?? fallback
  }
}

/** The name alone: without port, and without the dot that ends a fully qualified name. */
function withoutPort(host: string): string {
  const end = host.startsWith('[') ? host.indexOf(']') + 1 : host.indexOf(':')
  const name = end === -1 || end === host.length ? host : host.slice(0, end)
  return name.endsWith('.') ? name.slice(0, -1) : name
}

function below<S>(wild: ReadonlyMap<string, S>, name: string): S | undefined {
  for (let dot = name.indexOf('.'); dot !== -1; dot = name.indexOf('.', dot + 1)) {
    const site = wild.get(name.slice(dot + 1))
    if (site !== undefined) return site
  }
  return undefined
}
