// Where visitors will be served: tried before any thread starts. Two programs of one user that both listen with reuse-port
// get half the connections each, so a second Breakwater on the same port would go unnoticed; a plain listen tells.

import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { formatListenAddress } from '../config/kinds/network.ts'
import type { Config } from '../config/types.ts'
import type { Sockets } from './sockets.ts'
import { StartError } from './start-error.ts'

type Address = Config['listen'][number]

/** Where an address is settled already: with a socket that came from elsewhere, or a port that was drawn before. */
export interface Settled {
  has(address: Address): boolean
  portFor(address: Address): number | undefined
}

/**
 * The config with port 0 replaced by a free port wherever visitors are served, so that every edge gets the same. Rejects with
 * StartError.
 */
export async function withPorts(config: Config, settled: Settled): Promise<Config> {
  const listen = await settleAddresses(config.listen, settled)
  const admin = { ...config.admin.listen, port: drawn(config.admin.listen, settled) }
  return {
    ...config,
    listen,
    tls: { ...config.tls, listen: await settleAddresses(config.tls.listen, settled) },
    admin: { ...config.admin, listen: admin },
  }
}

const drawn = (address: Address, settled: Settled): number =>
  address.port === 0 ? (settled.portFor(address) ?? 0) : address.port

async function settleAddresses(addresses: Address[], settled: Settled): Promise<Address[]> {
  const all: Address[] = []
  for (const each of addresses) {
    const address = { ...each, port: drawn(each, settled) }
    all.push(settled.has(address) ? address : { ...address, port: await tryAddress(address) })
  }
  return all
}

/** Rejects with StartError where a service manager opened a socket that no option names: visitors there would wait for ever. */
export function refuseUnwanted(sockets: Sockets, { listen, tls, admin }: Config): void {
  const [unwanted] = sockets.unwanted([...listen, ...tls.listen, admin.listen])
  if (unwanted === undefined) return
  const wanted = [...listen, ...tls.listen].map(formatListenAddress).join(', ')
  throw new StartError(
    `The service manager opened a socket for ${formatListenAddress(unwanted)}, and no option names that address: visitors are served on ${wanted}. Make them the same: \`listen\` or \`tls.listen\` in the config, or ListenStream= in the socket unit.`,
  )
}

function tryAddress(address: Address): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', error => reject(new StartError(explainListen(error, address, '--listen') ?? error.message)))
    server.listen({ host: address.host, port: address.port, exclusive: true }, () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}

const causes: Record<string, (address: Address, option: string) => string> = {
  EADDRINUSE: ({ host, port }, option) =>
    `another program listens there. Stop it, or name another address: ${option} ${formatListenAddress({ host, port: port + 1 })}.`,
  EACCES: ({ port }, option) =>
    port < 1024
      ? `ports below 1024 need a right of their own. Name another port (${option}), or let the system allow it (on Linux: sysctl net.ipv4.ip_unprivileged_port_start=${port}).`
      : 'the system does not allow it.',
  EADDRNOTAVAIL: (_, option) =>
    `this machine has no such address. ${option} takes an address of this machine; 0.0.0.0 stands for all of them.`,
}

/** Why listening failed and what to change, or undefined when the error is about something else. */
export function explainListen(error: Error, address: Address, option: string): string | undefined {
  if (!('syscall' in error) || (error.syscall !== 'listen' && error.syscall !== 'bind') || !('code' in error))
    return undefined
  const cause = causes[String(error.code)]?.(address, option) ?? error.message
  return `Cannot listen on ${formatListenAddress(address)}: ${cause}`
}
