// An origin as people type it: with the scheme left out, or a port alone.

import { isIP } from 'node:net'

export interface OriginArgument {
  url: string
  /** What was taken for granted, to be told; null where nothing was. */
  assumed: string | null
}

/**
 * Where no scheme is typed: http for this machine, for IP addresses and for names without a dot, which have no certificate
 * anybody trusts; https for all others, except on port 80. Whether it is a URL at all is the config's to say.
 */
export function originArgument(typed: string): OriginArgument {
  if (typed.includes('://')) return { url: typed, assumed: null }
  const authority = /^:?\d{1,5}$/.test(typed) ? `localhost:${typed.replace(':', '')}` : typed
  const [host, port] = splitPort(authority)
  const isPlain = isIP(host) !== 0 || !host.includes('.') || host.endsWith('.localhost') || port === '80'
  const url = `${isPlain ? 'http' : 'https'}://${isIP(authority) === 6 ? `[${authority}]` : authority}`
  return { url, assumed: `${typed} is taken for ${url}` }
}

function splitPort(authority: string): [host: string, port?: string] {
  if (isIP(authority) === 6) return [authority]
  const match = /^(?:\[([^\]]*)\]|([^:/]*))(?::(\d+))?/.exec(authority)
  const host = match?.[1] ?? match?.[2] ?? ''
  return match?.[3] === undefined ? [host] : [host, match[3]]
}
