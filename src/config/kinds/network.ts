// Addresses as one writes them: where to listen, which networks are trusted, which hosts a site answers for, and the
// URL of an origin server.

import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'
import { Refusal, show } from '../kind.ts'
import type { Kind } from '../kind.ts'

/** An address to listen on. `host` is an IP address or `localhost`, without brackets. */
export interface ListenAddress {
  host: string
  port: number
}

/** A network; a single address is one of 32 or 128 bits. Fits `BlockList.addSubnet`. */
export interface Network {
  address: string
  prefix: number
  family: 'ipv4' | 'ipv6'
}

/** An origin server's URL in its parts. */
export interface OriginUrl {
  /** `https://origin.example.net:8443`, with the port only where it is not the scheme's own. */
  href: string
  protocol: 'http' | 'https'
  /** Name or IP address, without brackets. */
  hostname: string
  port: number
  /** What a Host field of the origin's own says: `origin.example.net:8443`. */
  authority: string
}

/** `127.0.0.1:9900`, `[::1]:80`, `localhost:80`, and `:8080` or `8080` for every address of the machine. */
export function listenAddress(): Kind<ListenAddress, string | number> {
  return {
    name: 'address to listen on',
    expected: 'an address and port such as 127.0.0.1:9900, [::1]:80 or :8080',
    schema: {
      anyOf: [
        { type: 'string', pattern: ':[0-9]+$|^[0-9]+$' },
        { type: 'integer', minimum: 0, maximum: 65535 },
      ],
    },
    format: formatListenAddress,
    read: given => {
      if (typeof given !== 'string' && typeof given !== 'number')
        return new Refusal('wrong-type', `${show(given)} is not an address`)
      return (
        parseListenAddress(String(given)) ?? new Refusal('bad-address', `${show(given)} is not an address and port`)
      )
    },
  }
}

export function formatListenAddress({ host, port }: ListenAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function parseListenAddress(text: string): ListenAddress | undefined {
  const match = /^(?:(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]*)):)?(\d{1,5})$/.exec(text)
  if (match === null || Number(match[3]) > 65535) return undefined
  const [v6, v4, port] = [match[1], match[2], Number(match[3])]
  if (v6 !== undefined) return isIP(v6) === 6 ? { host: v6, port } : undefined
  if (v4 === undefined || v4 === '' || v4 === '*') return { host: '0.0.0.0', port }
  return v4 === 'localhost' || isIP(v4) === 4 ? { host: v4, port } : undefined
}

/** A network in CIDR notation (RFC 4632), or a single address. */
export function network(): Kind<Network, string> {
  return {
    name: 'network',
    expected: 'an IP address or a network such as 10.0.0.0/8 or 2001:db8::/32',
    schema: { type: 'string' },
    format: ({ address, prefix }) => `${address}/${prefix}`,
    read: given => {
      if (typeof given !== 'string') return new Refusal('wrong-type', `${show(given)} is not a network`)
      return parseNetwork(given) ?? new Refusal('bad-cidr', `${show(given)} is not a network`)
    },
  }
}

/** Undefined for what is none. */
export function parseNetwork(text: string): Network | undefined {
  const [address = '', bits, ...rest] = text.split('/')
  const version = isIP(address)
  if (version === 0 || rest.length > 0 || address.includes('%')) return undefined
  const most = version === 4 ? 32 : 128
  if (bits !== undefined && (!/^\d{1,3}$/.test(bits) || Number(bits) > most)) return undefined
  return { address, prefix: bits === undefined ? most : Number(bits), family: version === 4 ? 'ipv4' : 'ipv6' }
}

const NAME = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\.?$/

/** A host name without port, `*.example.org` for every name below one, or `*` for every host. In lower case, IDNs in ASCII. */
export function hostPattern(): Kind<string, string> {
  return {
    name: 'host',
    expected:
      'a host name such as www.example.org, without scheme or port; *.example.org for every name below; * for all',
    schema: { type: 'string', pattern: '^[^/:]+$|^\\[' },
    read: given => {
      if (typeof given !== 'string') return new Refusal('wrong-type', `${show(given)} is not a host name`)
      return parseHostPattern(given) ?? new Refusal('bad-pattern', `${show(given)} is not a host name`)
    },
  }
}

function parseHostPattern(given: string): string | undefined {
  if (given === '*') return given
  if (given.startsWith('['))
    return isIP(given.slice(1, -1)) === 6 && given.endsWith(']') ? given.toLowerCase() : undefined
  const wild = given.startsWith('*.')
  const name = domainToASCII(wild ? given.slice(2) : given).replace(/\.$/, '')
  if (!NAME.test(name) || given.includes('/') || given.includes(':')) return undefined
  return wild ? `*.${name}` : name
}

/** A host to send to an origin: a name or address, with a port where one is wanted. */
export function hostToSend(): Kind<string, string> {
  return {
    name: 'host',
    expected: 'a host name, with a port where one is wanted, or `visitor` for the host the visitor asked for',
    schema: { type: 'string', minLength: 1 },
    read: given => {
      if (typeof given !== 'string') return new Refusal('wrong-type', `${show(given)} is not a host name`)
      if (given === 'visitor') return given
      const match = /^(.*?)(:\d{1,5})?$/.exec(given)
      const name = parseHostPattern(match?.[1] ?? '')
      if (name === undefined || name.startsWith('*'))
        return new Refusal('bad-value', `${show(given)} is not a host name`)
      return name + (match?.[2] ?? '')
    },
  }
}

/** http or https, host and port, nothing else: paths are the visitor's, and credentials do not belong into a URL. */
export function originUrl(): Kind<OriginUrl, string> {
  return {
    name: 'origin URL',
    expected: 'a URL such as https://origin.example.net or http://127.0.0.1:3000',
    schema: { type: 'string', pattern: '^https?://' },
    format: url => url.href,
    read: given =>
      typeof given === 'string' ? parseOriginUrl(given) : new Refusal('wrong-type', `${show(given)} is not a URL`),
  }
}

export function parseOriginUrl(given: string): OriginUrl | Refusal {
  if (!given.includes('://'))
    return new Refusal('bad-url', `${show(given)} has no scheme: write http://${given} or https://${given}`)
  const url = URL.parse(given)
  if (url === null || url.hostname === '') return new Refusal('bad-url', `${show(given)} is not a URL`)
  const protocol = url.protocol.slice(0, -1)
  if (protocol !== 'http' && protocol !== 'https')
    return new Refusal('bad-url', `${show(protocol)} is neither http nor https`)
  if (url.username !== '' || url.password !== '')
    return new Refusal('bad-url', 'a user name or password does not belong into an origin URL')
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '')
    return new Refusal(
      'bad-url',
      `the origin URL has more than host and port: ${show(url.pathname + url.search + url.hash)}`,
    )
  return {
    href: url.origin,
    protocol,
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (protocol === 'https' ? 443 : 80) : Number(url.port),
    authority: url.host,
  }
}

/** Where Valkey or Redis is. Credentials would stand in the config for everyone to read. */
export function storeUrl(): Kind<string, string> {
  return {
    name: 'URL of Valkey or Redis',
    expected: '`redis://HOST:PORT` or `rediss://HOST:PORT`',
    schema: { type: 'string', pattern: '^rediss?://' },
    read: given => {
      if (typeof given !== 'string') return new Refusal('wrong-type', `${show(given)} is not a URL`)
      const url = URL.parse(given)
      if (url === null || !/^rediss?:$/.test(url.protocol) || url.hostname === '')
        return new Refusal('bad-url', `${show(given)} is not the URL of Valkey or Redis`)
      if (url.username !== '' || url.password !== '')
        return new Refusal(
          'bad-url',
          'user and password do not belong into the URL: name them as `user` and `password`',
        )
      const isPlain = /^\/?$/.test(url.pathname) && url.search === '' && url.hash === ''
      return isPlain ? given.replace(/\/$/, '') : new Refusal('bad-url', `${show(given)} has more than host and port`)
    },
  }
}

/** Only this machine reaches what listens there. */
export const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || host.startsWith('127.')
