// Where visitors will be served: tried before any thread starts. Two programs of one user that both listen with reuse-port
// get half the connections each, so a second Breakwater on the same port would go unnoticed; a plain listen tells.

import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { formatListenAddress } from '../config/kinds/network.ts'
import type { Config } from '../config/types.ts'
import { StartError } from './start-error.ts'

type Address = Config['listen'][number]

/** The config with port 0 replaced by a free port wherever visitors are served, so that every edge gets the same. Rejects with StartError. */
export async function withPorts(config: Config): Promise<Config> {
  const listen = await settleAddresses(config.listen)
  return { ...config, listen, tls: { ...config.tls, listen: await settleAddresses(config.tls.listen) } }
}

async function settleAddresses(addresses: Address[]): Promise<Address[]> {
  const settled: Address[] = []
  for (const address of addresses) settled.push({ ...address, port: await tryAddress(address) })
  return settled
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
