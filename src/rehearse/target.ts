// Whom a crowd may be sent at. A load generator is a weapon in the wrong direction, so for now it fires at this machine
// only: what is not a loopback address is refused, whatever its name says.
import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'

/** Loopback: 127.0.0.0/8 (RFC 1122 section 3.2.1.3) and ::1 (RFC 4291 section 2.5.3). */
const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

class TargetRefused extends Error {
  override name = 'TargetRefused'
}

export interface Target {
  host: string
  port: number
  authority: string
}

/** Looks the address up and checks it. Throws TargetRefused with what to do when it may not be fired at. */
export async function targetOf(address: string): Promise<Target> {
  const url = URL.parse(address)
  if (url === null) throw new TargetRefused(`"${address}" is no URL; write it as http://127.0.0.1:8080`)
  if (url.protocol !== 'http:') {
    throw new TargetRefused(`${address}: the crowd speaks plain http only; rehearse at the http address of the shield`)
  }
  if (url.pathname !== '/' || url.search !== '') {
    throw new TargetRefused(`${address}: the target is a site without a path; name its pages as paths`)
  }
  const host = await loopbackOf(url.hostname.replace(/^\[|\]$/g, ''), address)
  return { host, port: Number(url.port || 80), authority: url.host }
}

async function loopbackOf(name: string, address: string): Promise<string> {
  const host = isIP(name) > 0 ? name : (await lookup(name, { order: 'ipv4first' }).catch(() => undefined))?.address
  if (host === undefined) throw new TargetRefused(`${address}: the name ${name} cannot be looked up`)
  if (loopback.check(host, isIP(host) === 6 ? 'ipv6' : 'ipv4')) return host
  throw new TargetRefused(
    `${address} is ${host}, which is another machine. A crowd is only sent at this one (127.0.0.1, ::1, localhost): run it on the machine of the site`,
  )
}
