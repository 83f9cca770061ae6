// The sockets that an edge listens on. Each edge has its own, on the same address (SO_REUSEPORT), so that the kernel spreads
// the connections and no thread hands any to another.

import { createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import { BACKLOG } from '../base/kernel.ts'
import type { ListenAddress } from '../config/kinds/network.ts'

/** Listens on every address with a server of its own; rejects when one cannot be had, with nothing left open. */
export async function listenOn(addresses: readonly ListenAddress[], make: () => Server): Promise<Server[]> {
  const servers: Server[] = []
  try {
    for (const address of addresses) servers.push(await listen(address, make()))
  } catch (error) {
    for (const server of servers) server.close()
    throw error
  }
  // A thread that throws is a while in dying, and the kernel would go on giving its sockets a share of those who come.
  process.once('uncaughtExceptionMonitor', () => servers.forEach(server => server.close()))
  return servers
}

/** A server of plain connections. The fast lane starts reading itself (see listener/fast/socket.ts). */
export const plainServer = (accept: (socket: Socket) => void): Server =>
  createServer({ noDelay: true, allowHalfOpen: true, pauseOnConnect: true }, accept)

function listen({ host, port }: ListenAddress, server: Server): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, reusePort: process.platform === 'linux', backlog: BACKLOG }, () => {
      server.off('error', reject)
      resolve(server)
    })
  })
}
