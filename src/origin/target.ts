// Which origin server a row of core's list means and how it wants to be spoken to: its address, the Host it is sent, the
// name it proves in TLS. An origin that was added at run time stands in no config and gets what the config would infer.

import { isIP } from 'node:net'
import type { Config, OriginConfig, OriginServerConfig } from '../config/types.ts'
import type { OriginRow } from '../threads/messages.ts'

export interface OriginTarget {
  readonly index: number
  readonly site: string
  readonly protocol: 'http' | 'https'
  /** Name or IP address, without brackets. */
  readonly hostname: string
  readonly port: number
  /** `https://origin.example.net:8443`: what connections are opened to. */
  readonly href: string
  /** Host and port as the origin's own Host field would say them. */
  readonly authority: string
  /** The Host sent, or null to send the visitor's. */
  readonly host: string | null
  /** Server name for TLS, null for none. */
  readonly sni: string | null
  /** A Host to send where no visitor is behind the request, as with health probes. */
  readonly probeHost: string
  readonly options: OriginConfig
}

/** The target of a row; undefined when its site has left the config or its URL is none. */
export function targetOf(row: OriginRow, config: Config): OriginTarget | undefined {
  const site = config.sites.find(each => each.name === row.site)
  const parsed = URL.canParse(row.url) ? new URL(row.url) : undefined
  if (site === undefined || parsed === undefined) return undefined
  const protocol = parsed.protocol === 'https:' ? 'https' : 'http'
  const hostname = parsed.hostname.replace(/^\[|\]$/g, '')
  const port = parsed.port === '' ? (protocol === 'https' ? 443 : 80) : Number(parsed.port)
  const stated = site.origins.find(({ url }) => same(url, protocol, hostname, port))
  const host = stated === undefined ? (hasName(hostname) ? parsed.host : null) : stated.host
  const sni = stated === undefined ? (isIP(hostname) === 0 ? hostname : null) : stated.sni
  return {
    index: row.index,
    site: row.site,
    protocol,
    hostname,
    port,
    href: parsed.origin,
    authority: parsed.host,
    host,
    sni,
    probeHost: host ?? plainHost(site.hosts) ?? parsed.host,
    options: site.origin,
  }
}

const same = (url: OriginServerConfig['url'], protocol: string, hostname: string, port: number): boolean =>
  url.protocol === protocol && url.hostname === hostname && url.port === port

/** Whether the host is a name that could tell sites apart, as an address or this machine's own name could not. */
const hasName = (hostname: string): boolean =>
  isIP(hostname) === 0 && hostname !== 'localhost' && !hostname.endsWith('.localhost')

const plainHost = (hosts: readonly string[]): string | undefined => hosts.find(host => !host.includes('*'))
