// Sockets that a service manager opened (systemd's socket activation, sd_listen_fds(3)): connections wait there while no process serves,
// and ports below 1024 ask for no right of ours. Which address each is for the system tells.

import { readFileSync, readlinkSync } from 'node:fs'
import type { ListenAddress } from '../config/kinds/network.ts'
import type { Passed } from './sockets.ts'
import { StartError } from './start-error.ts'

/** The first descriptor, as the manager passes them. */
const FIRST = 3
/** What the launcher has made of them: copies, as many as threads may need (scripts/node.mjs). */
const VARIABLE = 'BREAKWATER_SOCKETS'
const LISTENING = '0A'

/** The sockets passed to this process, none where there are none. The variables are meant for it alone. Throws StartError. */
export function activatedSockets(env: NodeJS.ProcessEnv): Passed[] {
  const { [VARIABLE]: copies, LISTEN_PID: pid, LISTEN_FDS: count } = env
  for (const name of [VARIABLE, 'LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES']) delete env[name]
  if (copies !== undefined) {
    const { from, sockets } = JSON.parse(copies) as { from: number; sockets: number[][] }
    return from === process.ppid ? sockets.map(passed) : []
  }
  if (pid !== String(process.pid)) return []
  return Array.from({ length: Number(count) }, (_, i) => passed([FIRST + i]))
}

function passed(descriptors: number[]): Passed {
  const [first = -1] = descriptors
  const inode = /^socket:\[(\d+)\]$/.exec(linkOf(first))?.[1]
  const address = inode === undefined ? undefined : addressOf(inode)
  if (address === undefined)
    throw new StartError(
      `The service manager passed descriptor ${first}, which is no TCP socket that listens. In the socket unit, ListenStream= takes an address and port such as 0.0.0.0:80, and Accept= is no.`,
    )
  return { address, descriptors, isForeign: true }
}

function linkOf(descriptor: number): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`)
  } catch {
    return ''
  }
}

/** Where the socket listens. */
function addressOf(inode: string): ListenAddress | undefined {
  for (const file of ['/proc/self/net/tcp', '/proc/self/net/tcp6']) {
    for (const line of readFileSync(file, 'latin1').split('\n')) {
      const words = line.trim().split(/\s+/)
      if (words[9] === inode && words[3] === LISTENING) return listenAddressIn(words[1]!)
    }
  }
  return undefined
}

/** As the system writes it: `0100007F:1F90`, each 32 bits of the address with its last byte first (on little-endian machines, as all of Node's are). */
export function listenAddressIn(text: string): ListenAddress {
  const [address = '', port = ''] = text.split(':')
  const bytes = (address.match(/.{8}/g) ?? []).flatMap(word => [...Buffer.from(word, 'hex')].reverse())
  const isIPv4 = bytes.length === 4
  const pairs = isIPv4 ? [] : bytes.flatMap((byte, i) => (i % 2 === 0 ? [(byte << 8) | bytes[i + 1]!] : []))
  const host = isIPv4
    ? bytes.join('.')
    : new URL(`http://[${pairs.map(pair => pair.toString(16)).join(':')}]`).hostname.slice(1, -1)
  return { host, port: Number.parseInt(port, 16) }
}
