// Who asks, when proxies stand in front: their word is believed as far as the chain of trusted addresses reaches, counted
// from our end. Whatever stands further left came from outside and may be invented.

import { isIP } from 'node:net'
import { all, first } from '../http/fields.ts'
import type { Fields } from '../http/fields.ts'
import { splitList } from '../http/lists.ts'
import { unquote } from '../http/tokens.ts'
import { compileNetworks } from './networks.ts'

/** As the config has it. */
interface Network {
  readonly address: string
  readonly prefix: number
  readonly family: 'ipv4' | 'ipv6'
}

interface Peer {
  readonly address: string
  readonly secure: boolean
}

export interface FoundClient {
  address: string
  scheme: 'http' | 'https'
}

/** Members looked at in one field: a longer chain of proxies than this does not exist, a longer list is an attack. */
const MAX_HOPS = 32

export type FindClient = (peer: Peer, fields: Fields) => FoundClient

/** As the config has it: the trusted networks, and the field that tells the address where it is not X-Forwarded-For. */
interface Trust {
  readonly trusted: readonly Network[]
  readonly clientField?: string | undefined
}

/** Compiles the trusted networks into the question who a request is from. */
export function compileProxies({ trusted, clientField }: Trust): FindClient {
  const isTrusted = compileNetworks(trusted)
  if (isTrusted === null) return peer => ownWord(peer)
  const named = clientField?.toLowerCase()
  return (peer, fields) => {
    const own = ownWord(peer)
    if (!isTrusted(own.address)) return own
    const said = named === undefined ? undefined : first(fields, named)
    const hops = said === undefined ? hopsOf(fields) : [plainAddress(withoutPort(said))]
    return { address: furthestBelieved(own.address, hops, isTrusted), scheme: schemeOf(fields, own.scheme) }
  }
}

const ownWord = ({ address, secure }: Peer): FoundClient => ({
  address: plainAddress(address),
  scheme: secure ? 'https' : 'http',
})

/** From the right: each trusted address vouches for the one to its left. */
function furthestBelieved(peer: string, hops: readonly string[], isTrusted: (address: string) => boolean): string {
  let address = peer
  for (const hop of hops.toReversed()) {
    if (isIP(hop) === 0) return address
    address = hop
    if (!isTrusted(address)) return address
  }
  return address
}

/** X-Forwarded-For where it is there, since most proxies write that one alone and pass the other on as it came. */
function hopsOf(fields: Fields): readonly string[] {
  const forwardedFor = all(fields, 'x-forwarded-for')
  const hops =
    forwardedFor.length > 0
      ? splitList(forwardedFor.join(','))
      : forwardedMembers(fields).map(member => parameter(member, 'for') ?? '')
  return hops.slice(-MAX_HOPS).map(withoutPort).map(plainAddress)
}

/** What the nearest proxy says of the scheme. */
function schemeOf(fields: Fields, own: 'http' | 'https'): 'http' | 'https' {
  const said = splitList(all(fields, 'x-forwarded-proto').join(',')).at(-1)
  const scheme = (said ?? parameter(forwardedMembers(fields).at(-1) ?? '', 'proto'))?.toLowerCase()
  return scheme === 'https' || scheme === 'http' ? scheme : own
}

/** RFC 7239 section 4. */
const forwardedMembers = (fields: Fields): readonly string[] => splitList(all(fields, 'forwarded').join(','))

function parameter(member: string, name: string): string | undefined {
  for (const pair of member.split(';')) {
    const at = pair.indexOf('=')
    if (at === -1 || pair.slice(0, at).trim().toLowerCase() !== name) continue
    const value = pair.slice(at + 1).trim()
    return value.startsWith('"') ? unquote(value) : value
  }
  return undefined
}

/** `192.0.2.1:8080`, `[2001:db8::1]:8080` and `[2001:db8::1]` without port and brackets. */
function withoutPort(hop: string): string {
  const text = hop.trim()
  if (text.startsWith('[')) return text.slice(1, text.indexOf(']'))
  return isIP(text) === 0 ? text.replace(/:\d+$/, '') : text
}

/** An IPv4 address as sockets that listen on both families show it. */
export const plainAddress = (address: string): string =>
  address.startsWith('::ffff:') && isIP(address.slice(7)) === 4 ? address.slice(7) : address
