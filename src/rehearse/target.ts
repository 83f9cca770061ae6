// Whom a crowd may be sent at. A load generator is a weapon in the wrong direction, so it fires at this machine, or at a
// host that agrees twice: its name stands in the config of whoever fires, and the host itself shows the same token.
import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'

/** Loopback: 127.0.0.0/8 (RFC 1122 section 3.2.1.3) and ::1 (RFC 4291 section 2.5.3). */
const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/** Whether an address is this machine's own. */
export const isLoopback = (address: string): boolean => loopback.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')

class TargetRefused extends Error {
  override name = 'TargetRefused'
}

/** What the config says: hosts that may be fired at, and the token that they show. */
export interface Consent {
  hosts: readonly string[]
  token: string
}

/** Where the host shows its token, as the whole of a text of at most 1 KiB. */
export const CONSENT_PATH = '/.well-known/breakwater-rehearsal'
const MOST_CONSENT_BYTES = 1024
const CONSENT_WITHIN_MS = 5000

export interface Target {
  host: string
  port: number
  tls: { name: string; verify: boolean } | undefined
  authority: string
}

/** Looks the address up and checks it. Rejects with TargetRefused and what to do when it may not be fired at. */
export async function targetOf(address: string, consent?: Consent): Promise<Target> {
  const url = URL.parse(address)
  if (url === null) throw new TargetRefused(`"${address}" is no URL; write it as http://127.0.0.1:8080`)
  const secure = url.protocol === 'https:'
  if (!secure && url.protocol !== 'http:') throw new TargetRefused(`${address}: the crowd speaks http and https only`)
  if (url.pathname !== '/' || url.search !== '' || url.username !== '') {
    throw new TargetRefused(`${address}: the target is a site without a path; name its pages as paths`)
  }
  const name = url.hostname.replace(/^\[|\]$/g, '')
  const host = isIP(name) > 0 ? name : (await lookup(name, { order: 'ipv4first' }).catch(() => undefined))?.address
  if (host === undefined) throw new TargetRefused(`${address}: the name ${name} cannot be looked up`)
  const here = isLoopback(host)
  if (!here) await checkConsent(url, host, consent)
  // On this machine nobody stands between, and certificates for localhost are usually home-made.
  const tls = secure ? { name: isIP(name) > 0 ? '' : name, verify: !here } : undefined
  return { host, port: Number(url.port || (secure ? 443 : 80)), tls, authority: url.host }
}

async function checkConsent(url: URL, host: string, consent: Consent | undefined): Promise<void> {
  const name = url.hostname
  if (consent === undefined || !consent.hosts.includes(name)) {
    throw new TargetRefused(
      `${url.origin} is ${host}, which is another machine. A crowd is only sent at this one (127.0.0.1, ::1, localhost), or at a host that agrees: run it on the machine of the site, or name ${name} in rehearsal.hosts of the config`,
    )
  }
  const shown = await tokenAt(url)
  if (shown === consent.token) return
  const what = shown === undefined ? 'shows no token' : 'shows another token'
  throw new TargetRefused(
    `${url.origin}: the host does not agree, it ${what} at ${CONSENT_PATH}. Let it answer there with the token of rehearsal.token as plain text`,
  )
}

async function tokenAt(url: URL): Promise<string | undefined> {
  try {
    const signal = AbortSignal.timeout(CONSENT_WITHIN_MS)
    const response = await fetch(new URL(CONSENT_PATH, url), { redirect: 'error', signal })
    const text = await response.text()
    return response.status === 200 && text.length <= MOST_CONSENT_BYTES ? text.trim() : undefined
  } catch {
    return undefined
  }
}
